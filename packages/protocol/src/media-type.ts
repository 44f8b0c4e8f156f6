import type { PlainHeaders } from './http.ts';
import { ok, type Result, refuse } from './result.ts';

const formEssence = 'application/x-www-form-urlencoded';
const jsonEssence = 'application/json';

/**
 * Accepts exactly one `Content-Type` that is the form type, with no parameters but `charset=utf-8`, and no
 * `Content-Encoding`.
 *
 * One strict reading: a blank in front, a tab, a list or a second header is refused, because another reader could
 * see another type there.
 *
 * RFC 6749 §3.2, RFC 9110 §8.3, §8.4.
 */
export function isFormMediaType(headers: PlainHeaders): Result<void> {
  return hasEssence(headers, formEssence);
}

/** The same for JSON bodies. RFC 8259 §11. */
export function isJsonMediaType(headers: PlainHeaders): Result<void> {
  return hasEssence(headers, jsonEssence);
}

function hasEssence(headers: PlainHeaders, essence: string): Result<void> {
  const values = headers.all('content-type');
  if (values.length !== 1) return refuse('request/media-type', { found: values.length }); // LES-31

  const coding = headers.all('content-encoding');
  if (coding.length > 0) return refuse('request/media-type', { coding: coding.join(', ') }); // LES-31

  const value = values[0] as string;
  if (value === essence) return ok(undefined);
  if (!isEssenceWithCharset(value.toLowerCase(), essence)) return refuse('request/media-type'); // TEX-01, RED-01, LES-31
  return ok(undefined);
}

function isEssenceWithCharset(value: string, essence: string): boolean {
  if (!value.startsWith(essence)) return false;
  const rest = value.slice(essence.length);
  return rest === '' || charsets.includes(rest);
}

const charsets: readonly string[] = [';charset=utf-8', '; charset=utf-8', ';charset="utf-8"', '; charset="utf-8"'];
