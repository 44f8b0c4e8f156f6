import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Names given to oidc-provider; the jar turns them into cookies. */
export interface CookieNames {
  readonly session: string;
  readonly interaction: string;
  readonly resume: string;
}

/**
 * Cookies ignore ports and paths of issuers, so the names carry a hash of the issuer; over https they are locked to the
 * host.
 *
 * RFC 6265bis §4.1.3.2.
 */
export function cookieNames(issuer: string): CookieNames {
  const prefix = issuer.startsWith('https:') ? '__Host-' : '';
  const stem = `${prefix}cg-${createHash('sha256').update(issuer).digest('hex').slice(0, 10)}`;
  return { session: `${stem}-session`, interaction: `${stem}-interaction`, resume: `${stem}-resume` };
}

/**
 * Reads the Cookie header strictly: only blanks and tabs around a name are dropped, names are exact, and a name that
 * occurs twice counts as absent, because one of the two may be planted by a sibling host.
 *
 * RFC 6265bis §5.5, §8.6.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  let found: string | undefined;
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals === -1 || trimBlanks(pair.slice(0, equals)) !== name) continue;
    if (found !== undefined) return undefined; // LES-15
    found = trimBlanks(pair.slice(equals + 1));
  }
  return found !== undefined && /^[A-Za-z0-9_-]{1,256}$/.test(found) ? found : undefined;
}

/** What Koa and oidc-provider use of a cookie library. */
export interface CookieJar {
  secure: boolean;
  get(name: string): string | undefined;
  set(name: string, value?: string | null, options?: { maxAge?: number }): CookieJar;
}

export interface CookieJarOptions {
  readonly names: CookieNames;
  readonly isSecure: boolean;
  /** Proves that this server set the cookie of an interaction. */
  readonly macOf: (interactionId: string) => string;
}

/**
 * The cookies of one request. A sign-on in progress has a cookie of its own, named after it and sealed, so that its URL
 * is worth nothing in another browser and two tabs do not disturb each other. Starting and resuming share it.
 */
export function createCookieJar(req: IncomingMessage, res: ServerResponse, options: CookieJarOptions): CookieJar {
  const { names, isSecure, macOf } = options;
  const read = (name: string): string | undefined => readCookie(req.headers.cookie, name);
  const write = (name: string, value: string, maxAgeSeconds: number | undefined): void => {
    const age = maxAgeSeconds === undefined ? '' : `; max-age=${maxAgeSeconds}`;
    const secure = isSecure ? '; secure' : '';
    appendSetCookie(res, `${name}=${value}; path=/; httponly; samesite=lax${secure}${age}`);
  };
  const jar: CookieJar = {
    secure: isSecure,
    get(name) {
      if (name === names.session) return read(name);
      const id = interactionIdOf(req.url);
      if (id === undefined) return undefined;
      return isSameText(read(`${names.interaction}-${id}`), macOf(id)) ? id : undefined; // LES-03
    },
    set(name, value, cookie) {
      const isGone = value === null || value === undefined || value === '';
      if (name === names.session) write(name, value ?? '', isGone ? 0 : undefined);
      else if (!isGone && name === names.interaction) startInteraction(value, cookie?.maxAge);
      else if (isGone) endInteraction(interactionIdOf(req.url));
      return jar;
    },
  };

  function startInteraction(id: string, maxAgeMs: number | undefined): void {
    for (const stale of interactionCookies(req.headers.cookie, names).slice(0, -maximumOpenInteractions))
      write(stale, '', 0);
    write(`${names.interaction}-${id}`, macOf(id), Math.floor((maxAgeMs ?? 0) / 1000));
  }

  function endInteraction(id: string | undefined): void {
    if (id !== undefined) write(`${names.interaction}-${id}`, '', 0);
  }

  return jar;
}

/** Abandoned sign-ons of one browser beyond this many lose their cookie, so that the header stays small. */
const maximumOpenInteractions = 8;

/** `/sign-on/ID` and `/authorize/ID`: the only two places where an interaction is looked up. */
function interactionIdOf(url: string | undefined): string | undefined {
  return /^\/(?:sign-on|authorize)\/([A-Za-z0-9_-]{16,128})(?:[/?]|$)/.exec(url ?? '')?.[1];
}

function interactionCookies(header: string | undefined, names: CookieNames): readonly string[] {
  const found = header?.split(';').map((pair) => trimBlanks(pair.split('=', 1)[0] ?? '')) ?? [];
  return found.filter((name) => name.startsWith(`${names.interaction}-`) && /^[A-Za-z0-9_-]+$/.test(name));
}

function appendSetCookie(res: ServerResponse, line: string): void {
  const present = res.getHeader('set-cookie');
  const lines = Array.isArray(present) ? present : present === undefined ? [] : [String(present)];
  const name = `${line.split('=', 1)[0]}=`;
  res.setHeader('set-cookie', [...lines.filter((other) => !other.startsWith(name)), line]);
}

function isSameText(a: string | undefined, b: string): boolean {
  if (a === undefined) return false;
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Not `trim()`: that also drops U+00A0 and its kin, and turns another cookie's name into this one. */
function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
