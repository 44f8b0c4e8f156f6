import * as oauth from 'oauth4webapi';
import type { ServerDeps } from './deps.ts';
import type { AuthorizationServer } from './discovery/target.ts';
import { asksForNonce, type ProofKey, requireProofSupport } from './dpop.ts';
import { CrossgrantError, type Stage } from './errors.ts';
import { type OAuthErrorBody, parseOAuthError, rawResponse } from './oauth-error.ts';
import type { Credentials } from './options.ts';
import { sendPatiently } from './patience.ts';

/** The answer of a token endpoint, read once. */
export interface TokenAnswer {
  readonly status: number;
  readonly response: Response;
  readonly body: string;
  readonly url: string;
  readonly error: OAuthErrorBody | undefined;
}

type SendRequest = (
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  auth: oauth.ClientAuth,
  options: oauth.TokenEndpointRequestOptions,
) => Promise<Response>;

/**
 * The one place where the credentials of the client leave it.
 *
 * They go to the server whose checked issuer they were registered with, and to no other: the caller cannot pair the
 * secret of one server with the metadata of another. With a key, each request carries a fresh proof, and a server that asks
 * for its nonce gets it, once.
 *
 * MCP 2026-07-28 authorization, RFC 9700 §4.4, RFC 9449 §5, §8.
 */
export async function askTokenEndpoint(
  deps: ServerDeps,
  stage: Stage,
  server: AuthorizationServer,
  credentials: Credentials,
  send: SendRequest,
  key?: ProofKey,
): Promise<TokenAnswer> {
  if (server.issuer !== credentials.issuer) throw foreignCredentials(stage, server, credentials); // CAU-07, LES-91, ATK-15
  requireProofSupport(stage, server, key);
  const options = {
    ...(key === undefined ? {} : { DPoP: key.handle }), // DPO-12
    [oauth.allowInsecureRequests]: deps.development,
    [oauth.customFetch]: (url: string, init: object) => deps.outbound.send(stage, url, init as RequestInit),
  };
  const client = oauthClient(deps, credentials);
  const ask = async (): Promise<TokenAnswer> => {
    const response = await sendPatiently(deps, () => send(server.metadata, client, credentials.auth.apply, options));
    const url = server.metadata.token_endpoint as string;
    const body = await response.text();
    return { status: response.status, response, body, url, error: response.ok ? undefined : parseOAuthError(body) };
  };
  const answer = await ask();
  return key !== undefined && asksForNonce(answer.response, answer.error?.error) ? ask() : answer; // CLI-07
}

/** The client as the OAuth library wants it, with the clock of the client. */
export function oauthClient(deps: ServerDeps, credentials: Credentials): oauth.Client {
  const skewSeconds = Math.round((deps.clock() - Date.now()) / 1000);
  return { client_id: credentials.clientId, [oauth.clockSkew]: skewSeconds, [oauth.clockTolerance]: 30 };
}

/** The answer as a fresh response, for the OAuth library to validate. */
export function responseOf(answer: TokenAnswer, body: string = answer.body): Response {
  return new Response(body, { status: answer.status, headers: answer.response.headers });
}

export function causeOf(answer: TokenAnswer): { readonly oauth?: OAuthErrorBody; readonly cause: unknown } {
  return { oauth: answer.error, cause: rawResponse(answer.url, answer.response, answer.body) };
}

/**
 * What the OAuth library found wrong, without its `cause`: that one holds the whole response, tokens included.
 */
export function problemOf(error: unknown): { readonly code: unknown; readonly message: string } {
  const { code, message } = error as { code?: unknown; message?: string };
  return { code: code ?? null, message: message ?? 'unknown' };
}

function foreignCredentials(stage: Stage, server: AuthorizationServer, credentials: Credentials): CrossgrantError {
  return new CrossgrantError('issuer_mismatch', stage, {
    cause: { expected: credentials.issuer, found: server.issuer },
  });
}
