import { limits } from './constants.ts';
import type { JsonValue } from './json.ts';

/** Longest claim text that is kept: an issuer or client identifier may be a URL. */
const maximumCharacters = limits.headerBytes;

/**
 * Whether a claim is a text that every store and every reader keeps as it is: not empty, not too long, well-formed Unicode
 * and without control characters. A lone surrogate becomes the same replacement character as any other, which would make
 * one subject of two; a NUL ends the text for some.
 */
export function isClaimText(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > maximumCharacters) return false;
  return isKeptAsItIs(value); // RED-10, ATK-46, SUB-02
}

/** The same for every text within a JSON value, names of members included; texts may be empty here. */
export function hasClaimTexts(value: JsonValue | undefined): boolean {
  if (typeof value === 'string') return isKeptAsItIs(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, member]) => isKeptAsItIs(name) && hasClaimTexts(member));
}

function isKeptAsItIs(text: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(text);
}
