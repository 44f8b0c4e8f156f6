/**
 * Whether a JOSE `typ` header names the given type: compared without case, after an optional `application/`.
 * Anything that is not text never matches.
 *
 * RFC 7515 §4.1.9, RFC 8725 §3.11.
 */
export function sameTyp(found: unknown, expected: string): boolean {
  if (found === expected) return true;
  if (typeof found !== 'string' || found.length > 128) return false;
  const lower = found.toLowerCase();
  const name = lower.startsWith('application/') ? lower.slice('application/'.length) : lower;
  return name === expected.toLowerCase();
}
