import { redactText } from '../log/redact.ts';

/**
 * Text from outside as it may be stored and shipped: control, bidirectional and line-separating characters become
 * visible escapes, so that one record stays one record in every sink; tokens are removed; the length is capped.
 */
export function cleanText(text: string, limit = 1024): string {
  const capped = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return escapeUnsafe(redactText(capped)); // LES-80
}

/** Whether `cleanText` would leave the text as it is, whatever part of it stands alone. */
export function isCleanText(text: string): boolean {
  return !unsafe.test(text) && redactText(text) === text;
}

/** Escapes what can forge or reorder output. Inside JSON text the result is still the same JSON value. */
export function escapeUnsafe(text: string): string {
  if (!unsafe.test(text)) return text;
  return text.replace(unsafeAll, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const characters =
  '[\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
const unsafe = new RegExp(characters);
const unsafeAll = new RegExp(characters, 'g');
