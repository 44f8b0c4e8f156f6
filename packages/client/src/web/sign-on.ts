import { isLoopbackHost } from '@crossgrant/protocol';
import type { CrossgrantClient } from '../client.ts';
import { CrossgrantError, CrossgrantMisuse } from '../errors.ts';
import type { Session } from '../sessions.ts';
import type { PendingSignOn, SignOnRequest } from '../sign-on/request.ts';
import { createSealedCookies, type SealedCookies } from './sealed-cookie.ts';

export interface WebSignOnOptions {
  /** The address of your callback, as it is registered at the identity provider. */
  readonly redirectUri: string;
  /** Random texts of at least 32 characters, the same in all processes. The first seals, all of them open. */
  readonly secrets: readonly string[];
  /** The first part of the names of the cookies. */
  readonly cookieName?: string;
  readonly now?: () => number;
}

export interface WebSignOnRequest extends Omit<SignOnRequest, 'redirectUri'> {
  /** The page of yours to go back to: a path with its query. */
  readonly returnTo?: string;
}

export interface FinishedWebSignOn {
  readonly session: Session;
  readonly returnTo: string;
  /** Ends the cookie of the sign-on. */
  readonly setCookie: string;
}

/** Sign-on of many people in their browsers. Nothing is kept in the process: any process finishes what another began. */
export interface WebSignOn {
  /** Where to send the browser, and the cookie to give it. */
  begin(request?: WebSignOnRequest): Promise<{ readonly url: string; readonly setCookie: string }>;
  /** `url` is that of the callback request, a path is enough; `cookie` is its `Cookie` header. */
  finish(callback: { readonly url: string; readonly cookie: string | null | undefined }): Promise<FinishedWebSignOn>;
  /** The same for frameworks with `Request` and `Response`. */
  redirect(request?: WebSignOnRequest): Promise<Response>;
  finishRequest(request: Request): Promise<FinishedWebSignOn>;
}

const keptSeconds = 600;

/** What travels in the cookie of one sign-on. */
interface Kept {
  readonly pending: PendingSignOn;
  readonly returnTo: string;
}

/**
 * Signs people on in a web application. Each sign-on is bound to the browser that began it: state, nonce and code
 * verifier travel in a sealed cookie of their own, so that an answer that somebody else brings is worth nothing, and two
 * tabs do not disturb each other.
 *
 * OpenID Connect Core §3.1, RFC 9700 §4.7, RFC 9207 §2.4.
 */
export function createWebSignOn(client: CrossgrantClient, options: WebSignOnOptions): WebSignOn {
  const redirectUri = requireRedirectUri(options.redirectUri);
  const cookies = createSealedCookies({
    secrets: options.secrets,
    isSecure: redirectUri.protocol === 'https:',
    now: options.now ?? Date.now,
  });
  const nameOf = async (state: string): Promise<string> =>
    `${options.cookieName ?? 'crossgrant-sign-on'}-${await tagOf(state)}`;

  const begin: WebSignOn['begin'] = async ({ returnTo = '/', ...request } = {}) => {
    requireOwnPath(returnTo, redirectUri);
    const { url, pending } = await client.beginSignOn({ ...request, redirectUri: options.redirectUri });
    const kept: Kept = { pending, returnTo };
    return { url, setCookie: await cookies.seal(await nameOf(pending.state), kept, keptSeconds) };
  };
  const finish: WebSignOn['finish'] = async ({ url, cookie }) => {
    const callback = new URL(options.redirectUri);
    callback.search = URL.canParse(url, redirectUri) ? new URL(url, redirectUri).search : '';
    const name = await nameOf(callback.searchParams.get('state') ?? '');
    const { pending, returnTo } = await openKept(cookies, name, cookie);
    const session = await client.finishSignOn(pending, callback.href);
    return { session, returnTo, setCookie: cookies.clear(name) };
  };
  return {
    begin,
    finish,
    async redirect(request) {
      const { url, setCookie } = await begin(request);
      const headers = { location: url, 'set-cookie': setCookie, 'cache-control': 'no-store' };
      return new Response(null, { status: 302, headers });
    },
    finishRequest: (request) => finish({ url: request.url, cookie: request.headers.get('cookie') }),
  };
}

async function openKept(cookies: SealedCookies, name: string, cookie: string | null | undefined): Promise<Kept> {
  const kept = (await cookies.open(name, cookie)) as Kept | undefined;
  if (kept === undefined) throw new CrossgrantError('sign_on_not_begun', 'sign_on'); // BCP-02, LES-03
  return kept;
}

/** The state itself is a secret of the browser until the answer comes; the name of a cookie is not. */
async function tagOf(state: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(state)));
  return Array.from(digest.slice(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A way back that leads elsewhere would make the sign-on a springboard. */
function requireOwnPath(returnTo: string, redirectUri: URL): void {
  const isPath = /^\/(?![/\\])[^\\]*$/.test(returnTo) && !/\p{Cc}/u.test(returnTo);
  const isOwn =
    isPath && URL.canParse(returnTo, redirectUri) && new URL(returnTo, redirectUri).origin === redirectUri.origin;
  if (!isOwn) throw new CrossgrantMisuse('misuse/return-to', 'returnTo is a path of this application.'); // LES-13
}

function requireRedirectUri(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isFine =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname) && url.hash === '');
  if (url !== undefined && isFine && url.search === '' && url.hash === '') return url;
  throw new CrossgrantMisuse(
    'misuse/redirect-uri',
    'redirectUri is an https address without query (http only on a loopback host).',
  );
}
