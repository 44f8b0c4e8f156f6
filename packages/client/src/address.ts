import { isLoopbackHost } from '@crossgrant/protocol';

/**
 * Tells whether the client may talk to an address at all: https, or http to a loopback host in development.
 *
 * User information is refused because it would be a second place for credentials.
 */
export function isAllowedAddress(text: string, development: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return true;
  return development && url.protocol === 'http:' && isLoopbackHost(url.hostname);
}

/** Tells whether an address may be handed to the browser of the person: https, or http to a loopback host. */
export function isOpenableAddress(text: string): boolean {
  return isAllowedAddress(text, true);
}

/** Tells whether `url` lies at or below the resource, by whole path segments. */
export function belongsToResource(url: string, resource: string): boolean {
  if (!URL.canParse(url) || !URL.canParse(resource)) return false;
  const target = new URL(url);
  const owner = new URL(resource);
  if (target.origin !== owner.origin) return false; // MCP-11
  const folder = owner.pathname.endsWith('/') ? owner.pathname : `${owner.pathname}/`;
  return target.pathname === owner.pathname || target.pathname.startsWith(folder);
}

/** The resource identifier of an address when nobody names another: no query, no fragment. */
export function resourceOf(url: string): string {
  const parsed = new URL(url);
  parsed.search = '';
  parsed.hash = '';
  return parsed.href;
}
