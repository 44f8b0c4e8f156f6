import { remembering } from './remembering.ts';
import { ok, type Result, refuse } from './result.ts';

declare const resourceIdentifier: unique symbol;

/** The identifier of a protected resource, as it was written. Compare with `sameResource`. */
export type ResourceIdentifier = string & { readonly [resourceIdentifier]: true };

const maximumCharacters = 2_048;
const unreserved = /^[A-Za-z0-9._~-]$/;

/**
 * Accepts an absolute URI without fragment, user info and dot segments, made of RFC 3986 characters only. What is
 * refused here are the spellings that two parsers read differently.
 *
 * RFC 8707 §2, RFC 9728 §1.2.
 */
export const parseResourceIdentifier: (text: string) => Result<ResourceIdentifier> =
  remembering(readResourceIdentifier);

function readResourceIdentifier(text: string): Result<ResourceIdentifier> {
  if (text.length > maximumCharacters) return refuse('request/resource-malformed');
  if (!hasUriCharacters(text)) return refuse('request/resource-malformed'); // TEX-14, ATK-30
  if (text.includes('#')) return refuse('request/resource-malformed', { problem: 'fragment' }); // TEX-14, IDJ-10, ATK-30

  const parts = split(text);
  if (parts === undefined) return refuse('request/resource-malformed', { problem: 'not absolute' }); // TEX-14
  if (parts.authority?.includes('@')) return refuse('request/resource-malformed', { problem: 'user info' }); // ATK-30
  if (hasDotSegment(parts.path)) return refuse('request/resource-malformed', { problem: 'dot segment' }); // ATK-30
  if (isWeb(parts.scheme) && !URL.canParse(text)) return refuse('request/resource-malformed');
  return ok(text as ResourceIdentifier);
}

/**
 * Whether two identifiers name the same resource after syntax normalisation: case of scheme and host, default port,
 * percent escapes, and an empty path for `/`. Never a prefix: `/mcp` is not `/mcp-admin`.
 *
 * RFC 3986 §6.2.2, §6.2.3.
 */
export function sameResource(first: string, second: string): boolean {
  return first === second || normalizeResource(first) === normalizeResource(second); // RED-16, ATK-30
}

/** The normal form: equal for exactly those identifiers that `sameResource` holds equal. Good as a key. */
export function normalizeResource(text: string): string {
  const parts = split(text);
  if (parts === undefined) return text;

  const scheme = parts.scheme.toLowerCase();
  const path = normalizeEscapes(parts.path);
  if (parts.authority === undefined) return `${scheme}:${path}${normalizeEscapes(parts.query)}`;

  const authority = normalizeAuthority(scheme, parts.authority);
  return `${scheme}://${authority}${path === '' ? '/' : path}${normalizeEscapes(parts.query)}`;
}

interface UriParts {
  readonly scheme: string;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string;
}

function split(text: string): UriParts | undefined {
  const colon = text.indexOf(':');
  if (colon < 1 || !isScheme(text.slice(0, colon))) return undefined;

  const scheme = text.slice(0, colon);
  const queryAt = text.indexOf('?', colon);
  const query = queryAt === -1 ? '' : text.slice(queryAt);
  const hierarchy = text.slice(colon + 1, queryAt === -1 ? text.length : queryAt);
  if (!hierarchy.startsWith('//')) {
    return isWeb(scheme) || hierarchy === '' ? undefined : { scheme, authority: undefined, path: hierarchy, query };
  }
  const slash = hierarchy.indexOf('/', 2);
  const authority = slash === -1 ? hierarchy.slice(2) : hierarchy.slice(2, slash);
  return authority === '' ? undefined : { scheme, authority, path: slash === -1 ? '' : hierarchy.slice(slash), query };
}

function isWeb(scheme: string): boolean {
  const lower = scheme.toLowerCase();
  return lower === 'https' || lower === 'http';
}

function isScheme(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]{0,31}$/.test(text);
}

function normalizeAuthority(scheme: string, authority: string): string {
  const lower = authority.toLowerCase();
  const port = scheme === 'https' ? ':443' : scheme === 'http' ? ':80' : undefined;
  if (port !== undefined && lower.endsWith(port)) return lower.slice(0, -port.length);
  return lower.endsWith(':') ? lower.slice(0, -1) : lower;
}

function hasDotSegment(path: string): boolean {
  return path.split('/').some((segment) => {
    const plain = segment.toLowerCase().replaceAll('%2e', '.');
    return plain === '.' || plain === '..';
  });
}

/** RFC 3986 characters: no spaces, controls, backslashes, quotes, non-ASCII; every `%` starts a full escape. */
function hasUriCharacters(text: string): boolean {
  return /^(?:[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/.test(text);
}

function normalizeEscapes(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return unreserved.test(character) ? character : triplet.toUpperCase();
  });
}
