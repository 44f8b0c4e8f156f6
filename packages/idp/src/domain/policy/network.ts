/** A block of addresses: the first `bits` bits of `bytes`. */
export interface AddressBlock {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/**
 * Reads an address into its bytes; undefined when it is not written in the one strict form.
 *
 * An IPv4 address inside IPv6 (`::ffff:10.1.1.1`) becomes IPv4, so that a rule for 10.0.0.0/8 sees it.
 * Octal, short and hexadecimal IPv4 spellings are not addresses.
 */
export function parseAddress(text: string): readonly number[] | undefined {
  if (text.length > 45) {
    return undefined;
  }
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes; // LES-74
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address. */
export function parseBlock(text: string): AddressBlock | undefined {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));

  if (bytes === undefined) {
    return undefined;
  }
  const length = bytes.length * 8;
  const written = slash < 0 ? String(length) : text.slice(slash + 1);
  const bits = /^(0|[1-9]\d{0,2})$/.test(written) ? Number(written) : Number.NaN;
  return bits <= length ? { bytes, bits } : undefined;
}

export function isWithin(address: readonly number[], block: AddressBlock): boolean {
  if (address.length !== block.bytes.length) {
    return false;
  }
  const whole = block.bits >> 3;
  for (let index = 0; index < whole; index += 1) {
    if (address[index] !== block.bytes[index]) {
      return false;
    }
  }
  const rest = block.bits & 7;
  const mask = (0xff << (8 - rest)) & 0xff;
  return rest === 0 || ((address[whole] ?? 0) & mask) === ((block.bytes[whole] ?? 0) & mask);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  const head = readGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? readGroups(halves[1] ?? '', true) : [];

  if (halves.length > 2 || head === undefined || tail === undefined) {
    return undefined;
  }
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) {
    return undefined;
  }
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function readGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') {
    return [];
  }
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (mayEndInIpv4 && index === groups.length - 1 && group.includes('.')) {
      const quad = parseIpv4(group);
      if (quad === undefined) {
        return undefined;
      }
      bytes.push(...quad);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    } else {
      return undefined;
    }
  }
  return bytes;
}

function isMapped(bytes: readonly number[]): boolean {
  return (
    bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.slice(0, 10).every((byte) => byte === 0)
  );
}
