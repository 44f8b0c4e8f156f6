/**
 * Whether a host is this machine: an address of 127.0.0.0/8 in dotted decimal, `[::1]`, or exactly `localhost`.
 *
 * Never by text search: `127.0.0.1.nip.io`, `evil-localhost.example`, `0.0.0.0` and `::` are not loopback.
 *
 * RFC 8252 §7.3, §8.3.
 */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopbackAddress(host); // LES-02
}

/** The same for literals alone; names never count. */
export function isLoopbackAddress(host: string): boolean {
  if (host === '[::1]' || host === '::1') return true;
  return isDottedLoopback(host);
}

/**
 * Whether an asked redirect URI is a registered one: the same text, or the same loopback literal with another port.
 * `localhost` must match to the letter, port included, because another program may answer to the name.
 *
 * RFC 8252 §7.3, RFC 9700 §2.1.
 */
export function matchesRedirectUri(registered: string, asked: string): boolean {
  if (registered === asked) return true;
  const known = splitLoopbackUri(registered);
  const given = splitLoopbackUri(asked);
  if (known === undefined || given === undefined) return false;
  return known.host === given.host && known.rest === given.rest;
}

function isDottedLoopback(host: string): boolean {
  const parts = host.split('.', 5);
  return parts.length === 4 && parts[0] === '127' && parts.every(isDecimalByte); // LES-02
}

function isDecimalByte(text: string): boolean {
  if (text.length === 0 || text.length > 3) return false;
  if (text.length > 1 && text.startsWith('0')) return false;
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return Number(text) <= 255;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** `http://127.0.0.1:port/rest` in its parts; undefined for anything that is not http on a loopback literal. */
function splitLoopbackUri(text: string): { host: string; rest: string } | undefined {
  if (!text.startsWith('http://')) return undefined;
  const slash = text.indexOf('/', 7);
  const authority = slash === -1 ? text.slice(7) : text.slice(7, slash);
  const rest = slash === -1 ? '' : text.slice(slash);
  const colon = authority.lastIndexOf(':');
  const hasPort = colon > authority.lastIndexOf(']') && colon !== -1;
  const host = hasPort ? authority.slice(0, colon) : authority;
  if (hasPort && !isPort(authority.slice(colon + 1))) return undefined;
  return isLoopbackAddress(host) && (host.startsWith('[') || host.startsWith('127.')) ? { host, rest } : undefined;
}

function isPort(text: string): boolean {
  if (text.length === 0 || text.length > 5) return false;
  for (let at = 0; at < text.length; at++) if (!isDigit(text.charCodeAt(at))) return false;
  return Number(text) <= 65_535;
}
