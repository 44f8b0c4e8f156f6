import * as oauth from 'oauth4webapi';
import { randomText } from '../client-auth.ts';
import type { ClientDeps } from '../deps.ts';
import { findAuthorizationServer } from '../discovery/authorization-server.ts';
import type { AuthorizationServer } from '../discovery/target.ts';
import { signOnKeyOf } from '../dpop.ts';
import { CrossgrantError } from '../errors.ts';
import { accountSwitched, verifyIdToken } from '../identity.ts';
import { forgetMemory, memoryOf, type SessionMemory } from '../memory.ts';
import { storeSignOn, writeInTurn } from '../session-writes.ts';
import type { Session } from '../sessions.ts';
import { askTokenEndpoint, oauthClient, problemOf, responseOf, type TokenAnswer } from '../token-endpoint.ts';
import { signOnFailure } from '../token-failures.ts';
import { signOnFacts } from './facts.ts';
import type { PendingSignOn } from './request.ts';

/**
 * Turns the answer of the authorization endpoint into a stored session.
 *
 * The answer has to come from the server the request went to, and to carry the state of this sign-on. The ID token is
 * checked in full, signature included.
 *
 * OpenID Connect Core §3.1.2.5, §3.1.3.7; RFC 9207 §2.4.
 */
export async function finishSignOn(deps: ClientDeps, pending: PendingSignOn, callbackUrl: string): Promise<Session> {
  if (pending.issuer !== deps.idp.issuer) throw foreignSignOn(deps, pending); // BCP-02, LES-91
  if (pending.session !== undefined) return finishAs(deps, pending, pending.session, callbackUrl);
  const id = `ses_${randomText()}`;
  try {
    return await finishAs(deps, pending, id, callbackUrl);
  } catch (error) {
    forgetMemory(deps.memory, id);
    throw error;
  }
}

async function finishAs(deps: ClientDeps, pending: PendingSignOn, id: string, callbackUrl: string): Promise<Session> {
  const asked = memoryOf(deps.memory, id);
  const idp = await findAuthorizationServer(deps, pending.issuer);
  const callback = checkCallback(deps, idp, pending, callbackUrl);
  const { redirectUri, codeVerifier } = pending;
  const answer = await askTokenEndpoint(
    deps,
    'sign_on',
    idp,
    deps.idp,
    (server, client, auth, options) =>
      oauth.authorizationCodeGrantRequest(server, client, auth, callback, redirectUri, codeVerifier, options),
    await signOnKeyOf(deps, asked, id),
  );
  if (answer.status !== 200) throw signOnFailure(answer, deps.clock());

  const { tokens, claims } = await readTokens(deps, idp, pending, answer);
  const session: Session = {
    id,
    issuer: idp.issuer,
    subject: claims.sub,
    idToken: tokens.id_token,
    idTokenExpiresAt: claims.exp * 1000,
    refreshToken: tokens.refresh_token,
    ...signOnFacts(claims),
  };
  return keepSession(deps, session, asked); // CLI-09
}

/**
 * Stores a session under its id. A session that belongs to somebody else is ended instead.
 */
export async function keepSession(
  deps: ClientDeps,
  session: Session,
  asked: SessionMemory = memoryOf(deps.memory, session.id),
): Promise<Session> {
  return writeInTurn(deps.memory, session.id, async () => {
    const kept = await storeSignOn(deps, asked, session);
    if (kept.subject !== session.subject) throw await accountSwitched(deps, kept, session.subject); // CLI-09
    return kept;
  });
}

function checkCallback(
  deps: ClientDeps,
  idp: AuthorizationServer,
  pending: PendingSignOn,
  callbackUrl: string,
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(idp.metadata, oauthClient(deps, deps.idp), new URL(callbackUrl), pending.state); // BCP-02
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw refusedByServer(error);
    throw new CrossgrantError('authorization_response_refused', 'sign_on', { cause: problemOf(error) });
  }
}

async function readTokens(
  deps: ClientDeps,
  idp: AuthorizationServer,
  pending: PendingSignOn,
  answer: TokenAnswer,
): Promise<{ readonly tokens: oauth.TokenEndpointResponse; readonly claims: oauth.IDToken }> {
  try {
    const response = responseOf(answer);
    const tokens = await oauth.processAuthorizationCodeResponse(idp.metadata, oauthClient(deps, deps.idp), response, {
      expectedNonce: pending.nonce,
      maxAge: pending.maxAge ?? oauth.skipAuthTimeCheck,
      requireIdToken: true,
    });
    await verifyIdToken(deps, idp, response);
    return { tokens, claims: oauth.getValidatedIdTokenClaims(tokens) as oauth.IDToken };
  } catch (error) {
    if (error instanceof CrossgrantError) throw error;
    throw new CrossgrantError('id_token_invalid', 'sign_on', { cause: problemOf(error) });
  }
}

function refusedByServer(error: oauth.AuthorizationResponseError): CrossgrantError {
  const oauthError = {
    error: error.error,
    ...(error.error_description ? { errorDescription: error.error_description } : {}),
  };
  return new CrossgrantError('sign_on_failed', 'sign_on', { oauth: oauthError });
}

function foreignSignOn(deps: ClientDeps, pending: PendingSignOn): CrossgrantError {
  return new CrossgrantError('issuer_mismatch', 'sign_on', {
    cause: { expected: deps.idp.issuer, found: pending.issuer },
  });
}
