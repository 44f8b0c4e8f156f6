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
  | 'lnk';

/** Lower-case Crockford alphabet: sorts as it counts, and has no look-alikes. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * An identifier that sorts by the time it was made: ten characters of milliseconds and 80 random bits.
 * Opaque to everybody else; never recycled.
 */
export function newId(prefix: IdentifierPrefix, nowMilliseconds: number = Date.now()): string {
  return `${prefix}_${timeCharacters(nowMilliseconds)}${randomCharacters(16)}`;
}

/** A token identifier with 130 random bits. */
export function newJti(): string {
  return randomCharacters(26); // IDJ-07
}

/** A secret of 255 random bits or more, made of `[A-Za-z0-9]` alone, so that raw and encoded Basic agree. CAU-05. */
export function newSecret(): string {
  return randomCharacters(52);
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

function randomCharacters(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  let text = '';

  for (const byte of bytes) text += alphabet.charAt(byte & 31);
  return text;
}
