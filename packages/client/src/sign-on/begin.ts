import * as oauth from 'oauth4webapi';
import { isOpenableAddress } from '../address.ts';
import type { ClientDeps } from '../deps.ts';
import { findAuthorizationServer } from '../discovery/authorization-server.ts';
import { CrossgrantError } from '../errors.ts';
import { requireSessionId } from '../sessions.ts';
import type { PendingSignOn, SignOnRequest } from './request.ts';
import { requireUnreserved } from './reserved.ts';

/**
 * Builds the address the person's browser has to open: code flow with PKCE, state and nonce.
 *
 * OpenID Connect Core §3.1.2.1, RFC 7636 §4.3, RFC 9470 §4.
 */
export async function beginSignOn(
  deps: ClientDeps,
  request: SignOnRequest,
): Promise<{ readonly url: string; readonly pending: PendingSignOn }> {
  requireUnreserved(request.extra ?? {});
  if (request.session !== undefined) requireSessionId(request.session);
  const idp = await findAuthorizationServer(deps, deps.idp.issuer);
  const endpoint = idp.metadata.authorization_endpoint ?? '';
  if (!isOpenableAddress(endpoint)) throw new CrossgrantError('browser_refused', 'sign_on', { cause: { endpoint } }); // LES-92

  const pending: PendingSignOn = {
    issuer: idp.issuer,
    redirectUri: request.redirectUri,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
    maxAge: request.maxAge,
    session: request.session,
  };
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries(await parametersOf(deps, request, pending)))
    url.searchParams.set(name, value);
  return { url: url.href, pending };
}

async function parametersOf(
  deps: ClientDeps,
  request: SignOnRequest,
  pending: PendingSignOn,
): Promise<Record<string, string>> {
  const parameters: Record<string, string> = {
    ...request.extra,
    response_type: 'code',
    client_id: deps.idp.clientId,
    redirect_uri: pending.redirectUri,
    scope: [...new Set(['openid', ...(request.scopes ?? ['offline_access'])])].join(' '),
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.codeVerifier),
    code_challenge_method: 'S256',
  };
  if (request.acrValues !== undefined) parameters.acr_values = request.acrValues.join(' '); // STP-04
  if (request.maxAge !== undefined) parameters.max_age = String(request.maxAge); // STP-04
  if (request.prompt !== undefined) parameters.prompt = request.prompt;
  return parameters;
}
