export type IdentifierPrefix =
  | 'ten'
  | 'usr'
  | 'grp'
  | 'app'
  | 'rap'
  | 'con'
  | 'rul'
  | 'iss'
  | 'ses'
  | 'aud'
  | 'evt'
  | 'cus'
  | 'acc'
  | 'tok'
  | 'key'
  | 'sec'
  | 'req'
  | 'lnk'
  | 'adt';

/** Lower-case Crockford alphabet: sorts as it counts, and has no look-alikes. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * An identifier that sorts by the time it was made: ten characters of milliseconds and 80 random bits.
 * Opaque to everybody else; never recycled.
 */
export function newId(prefix: IdentifierPrefix, nowMilliseconds: number = Date.now()): string {
  return `${prefix}_${timeCharacters(nowMilliseconds)}${randomCharacters()}`;
}

/** A token identifier: the instant, so that an index of them grows at its end, then 160 random bits. */
export function newJti(nowMilliseconds: number = Date.now()): string {
  return timeCharacters(nowMilliseconds) + newSubject(); // IDJ-07
}

/** A name for a person that tells nothing, not even when it was made: 160 random bits. */
export function newSubject(): string {
  return randomCharacters() + randomCharacters();
}

/** A secret of 320 random bits, made of `[a-z0-9]` alone, so that raw and encoded Basic agree. CAU-05. */
export function newSecret(): string {
  return newSubject() + newSubject();
}

/** Whether a text could be a client identifier or secret of ours: `[A-Za-z0-9_-]`, not too long. */
export function isPlainIdentifier(text: string): boolean {
  if (text.length === 0 || text.length > 256) return false;
  for (let at = 0; at < text.length; at++) if (!isPlainUnit(text.charCodeAt(at))) return false;
  return true;
}

function isPlainUnit(unit: number): boolean {
  return (
    (unit >= 0x61 && unit <= 0x7a) ||
    (unit >= 0x41 && unit <= 0x5a) ||
    (unit >= 0x30 && unit <= 0x39) ||
    unit === 0x5f ||
    unit === 0x2d
  );
}

function timeCharacters(milliseconds: number): string {
  let rest = milliseconds;
  let text = '';

  for (let count = 0; count < 10; count++) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Sixteen characters for 80 random bits, taken from the random digits of a UUID, which runtimes make in batches. */
function randomCharacters(): string {
  const uuid = crypto.randomUUID();
  const digits = uuid.slice(24) + uuid.slice(0, 8);
  let text = '';

  for (let at = 0; at < digits.length; at += 5) text += fourCharacters(Number.parseInt(digits.slice(at, at + 5), 16));
  return text;
}

function fourCharacters(bits: number): string {
  const high = alphabet.charAt(bits >>> 15) + alphabet.charAt((bits >>> 10) & 31);
  return high + alphabet.charAt((bits >>> 5) & 31) + alphabet.charAt(bits & 31);
}
