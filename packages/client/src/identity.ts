import { tokenTypes } from '@crossgrant/protocol';
import * as oauth from 'oauth4webapi';
import type { ClientDeps } from './deps.ts';
import { findAuthorizationServer } from './discovery/authorization-server.ts';
import type { AuthorizationServer } from './discovery/target.ts';
import { signOnKeyOf } from './dpop.ts';
import { CrossgrantError, isCrossgrantError } from './errors.ts';
import { forgetMemory, memoryOf, type SessionMemory, singleFlight } from './memory.ts';
import { giveRefreshTurnBack, isUsable, takeRefreshTurn } from './refresh-turn.ts';
import { isSame, replaceSession, signedOut } from './session-writes.ts';
import { readSession, type Session } from './sessions.ts';
import { signOut } from './sign-out.ts';
import { askTokenEndpoint, oauthClient, problemOf, responseOf, type TokenAnswer } from './token-endpoint.ts';
import { signOnFailure } from './token-failures.ts';

export type SubjectKind = 'id_token' | 'refresh_token';

/** What is presented in the exchange. */
export interface SubjectToken {
  readonly token: string;
  readonly type: typeof tokenTypes.idToken | typeof tokenTypes.refreshToken;
}

/** Loads a session of the pinned identity provider; a session of another one is never used here. */
export async function loadSession(
  deps: ClientDeps,
  id: string,
  memory: SessionMemory = memoryOf(deps.memory, id),
): Promise<Session> {
  await saveLeftover(deps, memory);
  const session = await readSession(deps.sessions, id);
  if (session === undefined) throw unknownSession(deps, id, memory);
  if (memory.dropped) throw signedOut(); // CLI-09
  if (session.issuer !== deps.idp.issuer) throw foreignSession(deps, session); // LES-91, MCP-09
  return session;
}

/**
 * The identity assertion of a session, renewed with the refresh token of the identity provider when it expired; or that
 * refresh token itself, which is not consumed by an exchange.
 */
export async function currentSubject(deps: ClientDeps, session: Session, kind: SubjectKind): Promise<SubjectToken> {
  if (tradesRefreshToken(deps, session, kind)) return refreshTokenOf(session); // CLI-10
  if (isUsable(deps, session)) return { token: session.idToken as string, type: tokenTypes.idToken };
  return subjectOf(deps, await renewSession(deps, session));
}

/**
 * Gets a new ID token with the refresh token. The new session is stored before anything in it is used, and a refresh
 * token that was replaced is never sent again, even when storing failed. Somebody who refreshed or signed on meanwhile
 * wins: then that session is the answer.
 *
 * OpenID Connect Core §12, RFC 9700 §4.14.
 */
export function renewSession(deps: ClientDeps, session: Session): Promise<Session> {
  const memory = memoryOf(deps.memory, session.id);
  return singleFlight(memory.flights, 'renew', () => renew(deps, memory, session));
}

async function renew(deps: ClientDeps, memory: SessionMemory, session: Session): Promise<Session> {
  const held = await loadSession(deps, session.id, memory);
  const isNewer = held.idToken !== session.idToken && isUsable(deps, held);
  const renewed = isNewer ? held : await refreshAlone(deps, memory, held); // CLI-10
  if (renewed.subject !== session.subject) throw await accountSwitched(deps, session, renewed.subject); // CLI-09, ATK-64
  return renewed;
}

/**
 * Refreshes while all other processes that share the store wait: a rotated refresh token that is presented twice ends
 * the sign-on. One that another process refreshed meanwhile is the answer.
 */
async function refreshAlone(deps: ClientDeps, memory: SessionMemory, held: Session): Promise<Session> {
  if (held.refreshToken === undefined) throw await assertionSpent(deps, memory, held);
  const turn = await takeRefreshTurn(deps, memory, held); // CLI-10, DEL-01
  return turn.isMine ? refreshOrNewer(deps, memory, turn.session) : turn.session;
}

/** A refresh token may be refused because a newer sign-on took its place. */
async function refreshOrNewer(deps: ClientDeps, memory: SessionMemory, held: Session): Promise<Session> {
  try {
    return await refresh(deps, memory, held);
  } catch (error) {
    await giveRefreshTurnBack(deps, memory, held);
    if (!isCrossgrantError(error) || error.code !== 'sign_on_required') throw error;
    const now = await loadSession(deps, held.id, memory);
    if (isSame(now, held) || !isUsable(deps, now)) throw error;
    return now; // CLI-10
  }
}

async function refresh(deps: ClientDeps, memory: SessionMemory, session: Session): Promise<Session> {
  const { refreshToken } = session;
  if (refreshToken === undefined) throw new CrossgrantError('sign_on_required', 'sign_on');
  if (memory.spentRefreshTokens.has(refreshToken)) throw new CrossgrantError('token_store_failed', 'sign_on'); // LES-93

  const idp = await findAuthorizationServer(deps, deps.idp.issuer);
  const answer = await askTokenEndpoint(
    deps,
    'sign_on',
    idp,
    deps.idp,
    (server, client, auth, options) => oauth.refreshTokenGrantRequest(server, client, auth, refreshToken, options),
    await signOnKeyOf(deps, memory, session.id),
  );
  if (answer.status !== 200) throw signOnFailure(answer, deps.clock());
  const next = await readRefresh(deps, idp, session, answer);

  if (next.refreshToken !== refreshToken) memory.spentRefreshTokens.add(refreshToken); // LES-93
  memory.unsaved = { before: session, next }; // LES-93
  const kept = await saveLeftover(deps, memory);
  return kept !== undefined && isSame(kept, next) ? kept : loadSession(deps, session.id, memory); // LES-93
}

async function readRefresh(
  deps: ClientDeps,
  idp: AuthorizationServer,
  session: Session,
  answer: TokenAnswer,
): Promise<Session> {
  const tokens = await processRefresh(deps, idp, answer);
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  if (claims !== undefined && claims.sub !== session.subject) throw await accountSwitched(deps, session, claims.sub); // CLI-09
  const { refreshing: _done, ...rest } = session;
  return {
    ...rest,
    idToken: tokens.id_token,
    idTokenExpiresAt: claims === undefined ? undefined : claims.exp * 1000,
    refreshToken: tokens.refresh_token ?? session.refreshToken,
  };
}

async function processRefresh(
  deps: ClientDeps,
  idp: AuthorizationServer,
  answer: TokenAnswer,
): Promise<oauth.TokenEndpointResponse> {
  try {
    const response = responseOf(answer);
    const tokens = await oauth.processRefreshTokenResponse(idp.metadata, oauthClient(deps, deps.idp), response);
    if (tokens.id_token !== undefined) await verifyIdToken(deps, idp, response);
    return tokens;
  } catch (error) {
    if (error instanceof CrossgrantError) throw error;
    throw new CrossgrantError('id_token_invalid', 'sign_on', { cause: problemOf(error) });
  }
}

/** Verifies the signature of the ID token in a processed response with the published keys of the identity provider. */
export async function verifyIdToken(deps: ClientDeps, idp: AuthorizationServer, response: Response): Promise<void> {
  await oauth.validateApplicationLevelSignature(idp.metadata, response, {
    [oauth.allowInsecureRequests]: deps.development,
    [oauth.customFetch]: (url: string, init: object) => deps.outbound.send('sign_on', url, init as RequestInit),
  });
}

/** Ends a session whose person changed: no token of the one must reach the other. */
export async function accountSwitched(deps: ClientDeps, session: Session, found: string): Promise<CrossgrantError> {
  await signOut(deps, session.id);
  return new CrossgrantError('account_switched', 'sign_on', { cause: { expected: session.subject, found } });
}

/** A refresh token is a subject only for a confidential client. */
function subjectOf(deps: ClientDeps, session: Session): SubjectToken {
  if (session.idToken !== undefined) return { token: session.idToken, type: tokenTypes.idToken };
  if (deps.idp.auth.method === 'none') throw new CrossgrantError('sign_on_required', 'sign_on');
  return refreshTokenOf(session);
}

/** Tells whether the refresh token is what is traded; one that was replaced is not. */
export function tradesRefreshToken(deps: ClientDeps, session: Session, kind: SubjectKind): boolean {
  const { refreshToken } = session;
  if (kind === 'id_token' || refreshToken === undefined || deps.memory.refreshTokensRefused) return false;
  return !memoryOf(deps.memory, session.id).spentRefreshTokens.has(refreshToken);
}

function refreshTokenOf(session: Session): SubjectToken {
  if (session.refreshToken === undefined) throw new CrossgrantError('sign_on_required', 'sign_on');
  return { token: session.refreshToken, type: tokenTypes.refreshToken };
}

/** Nothing is left to present: the assertion goes out of the store as well. */
async function assertionSpent(deps: ClientDeps, memory: SessionMemory, session: Session): Promise<CrossgrantError> {
  const { idToken: _spent, idTokenExpiresAt, ...rest } = session;
  const isSpent = idTokenExpiresAt !== undefined && idTokenExpiresAt <= deps.clock();
  if (isSpent) await replaceSession(deps, memory, session, rest); // DEL-01
  return new CrossgrantError('sign_on_required', 'sign_on');
}

/** Returns what the store holds now, if something was left over. */
async function saveLeftover(deps: ClientDeps, memory: SessionMemory): Promise<Session | undefined> {
  const { unsaved } = memory;
  if (unsaved === undefined) return undefined;
  const kept = await replaceSession(deps, memory, unsaved.before, unsaved.next); // LES-93
  if (memory.unsaved === unsaved) memory.unsaved = undefined;
  return kept;
}

/** Nothing is remembered of a session that does not exist; one that is just being stored is left alone. */
function unknownSession(deps: ClientDeps, id: string, memory: SessionMemory): CrossgrantError {
  if (!memory.dropped && !deps.memory.writes.has(id)) forgetMemory(deps.memory, id); // CLI-09
  return new CrossgrantError('session_unknown', 'sign_on');
}

function foreignSession(deps: ClientDeps, session: Session): CrossgrantError {
  return new CrossgrantError('issuer_mismatch', 'sign_on', {
    cause: { expected: deps.idp.issuer, found: session.issuer },
  });
}
