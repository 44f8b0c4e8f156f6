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

/** All pairs of characters: ten random bits are one look-up. */
const pairs: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >>> 5) + alphabet.charAt(bits & 31),
);

/** Sixteen characters for 80 random bits. */
const randomCharacters = createRandomCharacters();

/** Random bits are taken from a stock: asking for them in pieces costs many times as much. What was taken is overwritten. */
function createRandomCharacters(): () => string {
  const stock = new Uint16Array(1024);
  let taken = stock.length;

  return () => {
    if (taken === stock.length) {
      crypto.getRandomValues(stock);
      taken = 0;
    }
    let text = '';
    for (const end = taken + 8; taken < end; taken++) {
      text += pairs[stock[taken]! & 1023];
      stock[taken] = 0;
    }
    return text;
  };
}
