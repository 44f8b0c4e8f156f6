import { isLoopbackHost, matchesRedirectUri } from '@crossgrant/protocol';

/**
 * Whether a redirect URI may be registered: https, http on this machine, or a private scheme of an app.
 * Fragments, user info and control characters are refused.
 *
 * RFC 8252 §7, RFC 9700 §2.1.
 */
export function isAcceptableRedirectUri(text: string): boolean {
  if (text.includes('#') || !isVisibleAscii(text)) return false;
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  if (url.protocol === 'http:') return isLoopbackHost(url.hostname); // LES-02
  return isPrivateScheme(url.protocol); // LES-17
}

/**
 * The registered URI an asked one stands for: the same bytes, or the same loopback literal with another port. Anything
 * else has none, and no redirect follows.
 *
 * RFC 8252 §7.3, RFC 9700 §2.1.
 */
export function isRegisteredRedirectUri(asked: unknown, registered: readonly string[]): boolean {
  if (typeof asked !== 'string' || !isAcceptableRedirectUri(asked)) return false;
  return registered.some((known) => matchesRedirectUri(known, asked)); // LES-01
}

/** Schemes that browsers and systems give a meaning of their own; a reverse-domain name is an app's. */
const systemSchemes = new Set([
  'about:',
  'blob:',
  'data:',
  'file:',
  'ftp:',
  'javascript:',
  'mailto:',
  'vbscript:',
  'view-source:',
  'ws:',
  'wss:',
]);

/** `com.example.app:` per RFC 8252 §7.1; `cursor:` and `vscode:` show that the dot is often left out. */
function isPrivateScheme(protocol: string): boolean {
  return !systemSchemes.has(protocol) && /^[a-z][a-z0-9+.-]{2,63}:$/.test(protocol);
}

function isVisibleAscii(text: string): boolean {
  return text.length > 0 && text.length <= 2_048 && /^[\x21-\x7e]+$/.test(text);
}
