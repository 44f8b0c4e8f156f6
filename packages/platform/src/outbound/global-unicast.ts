import { type AddressBytes, type AddressRange, contains, parseAddress, parseRange } from './address.ts';

/**
 * Whether an address is one the whole Internet may reach. Only global unicast passes; everything reserved, private,
 * local, shared, multicast or unknown does not. An IPv4 address carried inside an IPv6 one is judged as well, so that a
 * translator or tunnel on the way leads nowhere a direct connection could not go.
 *
 * RFC 6890, IANA special-purpose registries, RFC 6052 §2.1, RFC 3056, RFC 4380, RFC 5214.
 */
export function isGlobalUnicast(address: AddressBytes): boolean {
  if (address.length === 4) return !reservedIpv4.some((range) => contains(range, address)); // LES-42
  const carried = carriedIpv4(address);
  if (carried !== undefined) return carried.every(isGlobalUnicast); // LES-42
  return contains(globalIpv6, address) && !reservedIpv6.some((range) => contains(range, address)); // LES-42
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(address: AddressBytes): boolean {
  return loopback.some((range) => contains(range, address));
}

/** The IPv4 addresses inside a translated or tunnelled address; undefined when it is neither. */
function carriedIpv4(address: AddressBytes): readonly AddressBytes[] | undefined {
  if (contains(nat64, address)) return [address.slice(12)];
  if (contains(sixToFour, address)) return [address.slice(2, 6)];
  if (contains(teredo, address)) return [address.slice(4, 8), address.slice(12).map((byte) => byte ^ 0xff)];
  const isIsatap =
    contains(globalIpv6, address) &&
    ((address[8] ?? 0) & 0xfd) === 0 &&
    address[9] === 0 &&
    address[10] === 0x5e &&
    address[11] === 0xfe;
  return isIsatap ? [address.slice(12)] : undefined;
}

function range(text: string): AddressRange {
  const parsed = parseRange(text);
  if (parsed === undefined) throw new Error(`not a range: ${text}`);
  return parsed;
}

const loopback = [range('127.0.0.0/8'), range('::1/128')];

const reservedIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // shared with carriers; some clouds keep their metadata here
  '127.0.0.0/8',
  '168.63.129.16/32', // a cloud's host service behind a public number
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map(range);

const globalIpv6 = range('2000::/3');
const nat64 = range('64:ff9b::/96');
const sixToFour = range('2002::/16');
const teredo = range('2001::/32');
const reservedIpv6 = ['2001::/23', '2001:db8::/32', '2620:4f:8000::/48', '3fff::/20'].map(range);

/** Judges an address as text; what cannot be read strictly is not global. */
export function isGlobalAddress(text: string): boolean {
  const bytes = parseAddress(text);
  return bytes !== undefined && isGlobalUnicast(bytes);
}
