import { ok, type Result, refuse } from './result.ts';

/** Scope tokens, each once, in the order given. */
export type ScopeSet = readonly string[];

/** Longest scope text that is looked at; far beyond what any API publishes. */
const maximumCharacters = 4_096;

/**
 * Reads a space-delimited scope text. Tokens follow the grammar to the letter, so that a scope is always safe to
 * write into a header: no quotes, backslashes, controls or non-ASCII. Doubled or surrounding spaces are refused.
 *
 * RFC 6749 §3.3.
 */
export function parseScope(text: string): Result<ScopeSet> {
  if (text.length > maximumCharacters) return refuse('request/scope-malformed');
  const tokens = text.split(' ');
  if (!tokens.every(isScopeToken)) return refuse('request/scope-malformed'); // LES-30
  return ok(unique(tokens));
}

/** Whether a text is one scope token. */
export function isScopeToken(text: string): boolean {
  if (text.length === 0) return false;
  for (let at = 0; at < text.length; at++) if (!isScopeUnit(text.charCodeAt(at))) return false;
  return true;
}

/** A scope set out of single tokens; the first occurrence counts. */
export function unique(tokens: readonly string[]): ScopeSet {
  return tokens.length < 2 ? tokens : [...new Set(tokens)];
}

/** What is in both, in the order of the first. Never more than either. */
export function intersect(first: ScopeSet, second: ScopeSet): ScopeSet {
  return first.filter((token) => second.includes(token)); // RED-19, TEX-17
}

/** What is in either, first things first. */
export function union(first: ScopeSet, second: ScopeSet): ScopeSet {
  return unique([...first, ...second]);
}

export function isSubset(inner: ScopeSet, outer: ScopeSet): boolean {
  return inner.every((token) => outer.includes(token));
}

export function formatScope(scope: ScopeSet): string {
  return scope.join(' ');
}

function isScopeUnit(unit: number): boolean {
  return unit === 0x21 || (unit >= 0x23 && unit <= 0x5b) || (unit >= 0x5d && unit <= 0x7e); // LES-30
}
