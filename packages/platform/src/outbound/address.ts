/** Four or sixteen bytes. IPv4 addresses written as IPv6 (`::ffff:a.b.c.d`) become four bytes. */
export type AddressBytes = Uint8Array;

/**
 * Reads an address literal strictly: no leading zeros, no short forms, no zone. Anything else is undefined, never a guess.
 *
 * RFC 4291 §2.2, RFC 6943 §3.1.1.
 */
export function parseAddress(text: string): AddressBytes | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  const bytes = parseIpv6(text);
  return bytes === undefined ? undefined : unmap(bytes);
}

export interface AddressRange {
  readonly bytes: AddressBytes;
  readonly bits: number;
}

/** Reads `10.0.0.0/8`, `fd00::/8` or a single address. */
export function parseRange(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const raw = address.includes(':') ? parseIpv6(address) : parseIpv4(address);
  if (raw === undefined || rest.length > 0) return undefined;
  const whole = raw.length * 8;
  if (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const bits = length === undefined ? whole : Number(length);
  if (bits > whole) return undefined;
  const bytes = unmap(raw);
  if (bytes.length === raw.length) return { bytes, bits };
  return bits < 96 ? undefined : { bytes, bits: bits - 96 };
}

/** Whether the range holds the address. Both are compared as bytes, so no spelling slips through. */
export function contains(range: AddressRange, address: AddressBytes): boolean {
  if (range.bytes.length !== address.length) return false;
  for (let bit = 0; bit < range.bits; bit += 8) {
    const index = bit >> 3;
    const mask = range.bits - bit >= 8 ? 0xff : (0xff << (8 - (range.bits - bit))) & 0xff;
    if (((range.bytes[index] ?? 0) & mask) !== ((address[index] ?? 0) & mask)) return false;
  }
  return true;
}

/** The canonical text of an address. */
export function formatAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function parseIpv4(text: string): AddressBytes | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined; // LES-74
    bytes[index] = Number(part);
  }
  return bytes;
}

function parseIpv6(text: string): AddressBytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 1 ? [] : parseGroups(halves[1] ?? '', true);
  if (head === undefined || tail === undefined) return undefined;
  const count = head.length + tail.length;
  if (halves.length === 1 ? count !== 16 : count > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const embedded = mayEndInIpv4 && index === groups.length - 1 ? parseIpv4(group) : undefined;
      if (embedded === undefined) return undefined;
      bytes.push(...embedded);
      continue;
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    const value = Number.parseInt(group, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
}

function unmap(bytes: AddressBytes): AddressBytes {
  const isMapped =
    bytes.length === 16 &&
    bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff;
  if (isMapped) return bytes.slice(12); // LES-42, LES-74
  return bytes;
}
