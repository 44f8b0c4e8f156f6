import { formatScope, grantTypes } from '@crossgrant/protocol';
import * as oauth from 'oauth4webapi';
import { isOpenableAddress } from '../address.ts';
import { findAuthorizationServer } from '../discovery/authorization-server.ts';
import { readProtectedResource } from '../discovery/protected-resource.ts';
import type { AuthorizationServer } from '../discovery/target.ts';
import type { ProofKey } from '../dpop.ts';
import { CrossgrantError } from '../errors.ts';
import type { Credentials } from '../options.ts';
import type { ResourceChallenge } from '../resource-challenge.ts';
import { chooseScopes } from '../scope-choice.ts';
import { askTokenEndpoint, causeOf, oauthClient, problemOf, responseOf, type TokenAnswer } from '../token-endpoint.ts';
import { redemptionFailure } from '../token-failures.ts';
import type { KnownResource, UnmanagedDeps, UnmanagedToken } from './deps.ts';
import type { CodeGrant } from './options.ts';
import { credentialsFor } from './registration.ts';

/** One request for a token, as far as it is the same for all grants. */
interface Asked {
  readonly resource: string;
  readonly server: AuthorizationServer;
  readonly credentials: Credentials;
  readonly scopes: readonly string[] | undefined;
  readonly key: ProofKey | undefined;
}

/**
 * Follows a resource to the authorization server that it names now, and gets a token there. Credentials belong to the
 * issuer that they were registered with, also when the resource moves to another.
 *
 * RFC 9728 §3, RFC 8414 §3, RFC 8707 §2, MCP 2026-07-28 authorization.
 */
export async function obtainToken(
  deps: UnmanagedDeps,
  resource: string,
  known: KnownResource,
  challenge: ResourceChallenge | undefined,
): Promise<UnmanagedToken> {
  const document = await readProtectedResource(deps, resource, challenge?.resourceMetadata);
  const [first] = document.authorizationServers;
  const issuer = document.authorizationServers.find((name) => deps.registrations.has(name)) ?? (first as string);
  const server = await findAuthorizationServer(deps, issuer);
  const asked: Asked = {
    resource: document.resource, // MCP-16
    server,
    credentials: await credentialsFor(deps, server),
    scopes: chooseScopes({
      asked: deps.scopes,
      challenged: challenge === undefined ? known.token?.askedScopes : challenge.scopes,
      needed: known.needed,
      supported: document.scopesSupported,
    }), // MCP-12
    key: await deps.key,
  };
  const refreshed = await refresh(deps, asked, known.token);
  if (refreshed !== undefined) return readToken(deps, asked, refreshed, known.token?.refreshToken);
  return readToken(deps, asked, await askByGrant(deps, asked));
}

/** A refresh token belongs to one issuer, and does not bring more scope than it was given for. */
async function refresh(
  deps: UnmanagedDeps,
  asked: Asked,
  token: UnmanagedToken | undefined,
): Promise<TokenAnswer | undefined> {
  if (token?.refreshToken === undefined || token.issuer !== asked.server.issuer) return undefined; // CAU-07
  const had = token.askedScopes ?? [];
  if (asked.scopes?.some((scope) => !had.includes(scope))) return undefined;
  const { refreshToken } = token;
  const answer = await send(deps, asked, 'refresh_token', { refresh_token: refreshToken, resource: asked.resource });
  return answer.status === 200 ? answer : undefined;
}

async function askByGrant(deps: UnmanagedDeps, asked: Asked): Promise<TokenAnswer> {
  const { grant } = deps;
  if (grant.kind === 'code') return askByCode(deps, grant, asked);
  const scope: Record<string, string> = asked.scopes === undefined ? {} : { scope: formatScope(asked.scopes) };
  if (grant.kind === 'client_credentials')
    return send(deps, asked, 'client_credentials', { resource: asked.resource, ...scope });
  const assertion = await grant.assertion(asked.server.issuer);
  return send(deps, asked, grantTypes.jwtBearer, { assertion, resource: asked.resource, ...scope });
}

function send(
  deps: UnmanagedDeps,
  { server, credentials, key }: Asked,
  grantType: string,
  parameters: Record<string, string>,
): Promise<TokenAnswer> {
  return askTokenEndpoint(
    deps,
    'redeem',
    server,
    credentials,
    (metadata, client, auth, options) =>
      oauth.genericTokenEndpointRequest(metadata, client, auth, grantType, parameters, options),
    key,
  );
}

/** Code flow with PKCE: a server that does not say it knows S256 is not used. */
async function askByCode(deps: UnmanagedDeps, grant: CodeGrant, asked: Asked): Promise<TokenAnswer> {
  const { metadata } = asked.server;
  const endpoint = metadata.authorization_endpoint ?? '';
  if (!isOpenableAddress(endpoint)) throw new CrossgrantError('browser_refused', 'sign_on', { cause: { endpoint } }); // LES-92
  if (!metadata.code_challenge_methods_supported?.includes('S256')) throw withoutPkce(asked.server);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(endpoint);
  const parameters = {
    response_type: 'code',
    client_id: asked.credentials.clientId,
    redirect_uri: grant.redirectUri,
    resource: asked.resource,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...scopeFor(asked),
    ...(asked.key === undefined ? {} : { dpop_jkt: asked.key.thumbprint }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const callback = checkCallback(deps, asked, new URL(await grant.authorize(url.href)), state);
  return askTokenEndpoint(
    deps,
    'redeem',
    asked.server,
    asked.credentials,
    (server, client, auth, options) =>
      oauth.authorizationCodeGrantRequest(server, client, auth, callback, grant.redirectUri, verifier, {
        ...options,
        additionalParameters: { resource: asked.resource },
      }),
    asked.key,
  );
}

/** A server that offers refresh tokens is asked for one. */
function scopeFor({ scopes, server }: Asked): { readonly scope?: string } {
  const offers = server.metadata.scopes_supported?.includes('offline_access') === true;
  const all = offers ? [...new Set([...(scopes ?? []), 'offline_access'])] : (scopes ?? []);
  return all.length === 0 ? {} : { scope: formatScope(all) };
}

function checkCallback(deps: UnmanagedDeps, asked: Asked, callback: URL, state: string): URLSearchParams {
  try {
    const client = oauthClient(deps, asked.credentials);
    return oauth.validateAuthResponse(asked.server.metadata, client, callback, state); // BCP-02
  } catch (error) {
    const isAnswer = error instanceof oauth.AuthorizationResponseError;
    const code = isAnswer ? 'sign_on_failed' : 'authorization_response_refused';
    throw new CrossgrantError(
      code,
      'sign_on',
      isAnswer ? { oauth: { error: error.error } } : { cause: problemOf(error) },
    );
  }
}

/** Lifetime assumed when the server does not tell. */
const assumedSeconds = 120;

async function readToken(
  deps: UnmanagedDeps,
  asked: Asked,
  answer: TokenAnswer,
  previous?: string,
): Promise<UnmanagedToken> {
  if (answer.error?.error === 'invalid_grant') throw new CrossgrantError('grant_refused', 'redeem', causeOf(answer));
  if (answer.status !== 200) throw redemptionFailure(answer, deps.clock());
  const { server, credentials, key } = asked;
  const client = oauthClient(deps, credentials);
  const result = await oauth
    .processGenericTokenEndpointResponse(server.metadata, client, responseOf(answer))
    .catch((error) => {
      throw new CrossgrantError('token_response_invalid', 'redeem', { cause: problemOf(error) });
    });
  const isBound = result.token_type === 'dpop';
  if (key !== undefined && !isBound) throw new CrossgrantError('dpop_downgraded', 'redeem', causeOf(answer)); // ATK-34
  if (key === undefined && result.token_type !== 'bearer')
    throw new CrossgrantError('token_response_invalid', 'redeem', causeOf(answer)); // ATK-34
  return {
    value: result.access_token,
    tokenType: isBound ? 'DPoP' : 'Bearer',
    issuer: server.issuer,
    askedScopes: asked.scopes,
    renewAt: deps.clock() + (result.expires_in ?? assumedSeconds) * 900,
    refreshToken: result.refresh_token ?? previous,
  };
}

function withoutPkce(server: AuthorizationServer): CrossgrantError {
  const cause = { issuer: server.issuer, member: 'code_challenge_methods_supported' };
  return new CrossgrantError('metadata_invalid', 'discovery', { cause });
}
