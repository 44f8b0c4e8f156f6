import { belongsToResource, isAllowedAddress, resourceOf } from './address.ts';
import type { ServerDeps } from './deps.ts';
import { asksForNonce, type ProofKey, sendWithProof } from './dpop.ts';
import { CrossgrantError, CrossgrantMisuse } from './errors.ts';
import type { AccessToken } from './memory.ts';
import { withoutQuery } from './oauth-error.ts';
import { sendPatiently } from './patience.ts';
import { readChallenge } from './resource-challenge.ts';

/** Refuses a call that would show the token to somebody else than the resource it is for. */
export function checkCall(
  deps: ServerDeps,
  url: string,
  init: RequestInit,
  options: { readonly resource?: string },
): string {
  if (!isAllowedAddress(url, deps.development)) throw refusedAddress(url); // CLI-11
  if (new URL(url).searchParams.has('access_token')) throw new CrossgrantError('token_in_url', 'call'); // BCP-03, MCP-11
  const resource = options.resource ?? resourceOf(url);
  if (!belongsToResource(url, resource)) throw foreign(url, resource); // MCP-11, LES-91
  const own = new Headers(init.headers);
  if (own.has('authorization') || own.has('dpop')) throw ownAuthorization(); // LES-94
  return resource;
}

/** A token, and the key it is bound to if it is. */
export interface Authorization {
  readonly token: Pick<AccessToken, 'value'>;
  readonly key: ProofKey | undefined;
}

/** Each attempt carries a proof of its own, and a resource that asks for its nonce gets it, once. */
export async function sendOnce(
  deps: ServerDeps,
  url: string,
  init: RequestInit,
  authorization: Authorization | undefined,
): Promise<Response> {
  const send = (): Promise<Response> => sendAuthorized(deps, url, init, authorization);
  if (!isReplayable(init)) return send();
  const response = await sendPatiently(deps, send);
  const isBound = authorization?.key !== undefined;
  if (!isBound || !asksForNonce(response, readChallenge(response).error)) return response;
  await response.body?.cancel();
  return sendPatiently(deps, send); // CLI-07
}

function sendAuthorized(
  deps: ServerDeps,
  url: string,
  init: RequestInit,
  authorization: Authorization | undefined,
): Promise<Response> {
  const send = (added: Readonly<Record<string, string>>): Promise<Response> => {
    const headers = new Headers(init.headers);
    for (const [name, value] of Object.entries(added)) headers.set(name, value);
    return deps.outbound.stream(url, { ...init, headers });
  };
  if (authorization === undefined) return send({});
  const { token, key } = authorization;
  if (key === undefined) return send({ authorization: `Bearer ${token.value}` });
  return sendWithProof(deps, key, token.value, { url, method: init.method ?? 'GET' }, send); // DPO-12
}

/** A stream is gone once it was sent. */
export function isReplayable(init: RequestInit): boolean {
  return !(init.body instanceof ReadableStream);
}

function refusedAddress(url: string): CrossgrantError {
  return new CrossgrantError('address_refused', 'call', { cause: { url: withoutQuery(url) } });
}

function foreign(url: string, resource: string): CrossgrantError {
  return new CrossgrantError('foreign_origin', 'call', { cause: { url: withoutQuery(url), resource } });
}

function ownAuthorization(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/authorization-header',
    'The client attaches the Authorization header and its proof; leave both out of the request.',
  );
}
