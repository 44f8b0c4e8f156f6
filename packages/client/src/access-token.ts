import { normalizeResource } from '@crossgrant/protocol';
import type { ClientDeps } from './deps.ts';
import { discover } from './discovery/discover.ts';
import type { Target } from './discovery/target.ts';
import { CrossgrantError, isCrossgrantError } from './errors.ts';
import { exchangeForIdJag } from './exchange.ts';
import { currentSubject, loadSession } from './identity.ts';
import { type AccessToken, memoryOf, type SessionMemory, singleFlight } from './memory.ts';
import { newBudget, type RecoveryOptions, recover } from './recovery.ts';
import { redeemIdJag } from './redemption.ts';
import { chooseScopes, compareScopes } from './scope-choice.ts';
import { requireSessionId, type Session } from './sessions.ts';

export interface AccessRequest extends RecoveryOptions {
  readonly session: string;
  /** The identifier of the resource, which for an MCP server is its address. */
  readonly resource: string;
  readonly scopes?: readonly string[];
}

/** What the challenge of the resource said, when there was one. */
export interface ChallengeHint {
  readonly resourceMetadata?: string;
  readonly scopes?: readonly string[];
}

/**
 * An access token for a person at a resource: from the cache while it is fresh, else by exchange and redemption.
 *
 * ID-JAG-04 §4, MCP-EMA §3.
 */
export async function obtainAccessToken(
  deps: ClientDeps,
  request: AccessRequest,
  hint: ChallengeHint = {},
): Promise<AccessToken> {
  const session = await loadSession(deps, requireSessionId(request.session));
  const memory = memoryOf(deps.memory, session.id);
  const target = await discover(deps, request.resource, hint.resourceMetadata);
  const scopes = scopesFor(memory, target, request, hint);
  const key = tokenKey(deps, session, target, scopes);

  const cached = memory.tokens.get(key);
  if (cached !== undefined && deps.clock() < cached.renewAt) return cached; // CLI-06
  return singleFlight(memory.flights, key, async () => {
    const token = await acquire(deps, request, session, target, scopes);
    if (memory.dropped) throw new CrossgrantError('signed_out', 'redeem'); // CLI-09
    keepToken(deps, memory, key, token);
    return token;
  });
}

/** A long session does not collect what it can no longer use. */
function keepToken(deps: ClientDeps, memory: SessionMemory, key: string, token: AccessToken): void {
  for (const [other, { expiresAt }] of memory.tokens) if (expiresAt <= deps.clock()) memory.tokens.delete(other);
  memory.tokens.set(key, token);
}

/** Forgets a token that the resource refused. */
export function forgetToken(deps: ClientDeps, sessionId: string, value: string): void {
  const tokens = memoryOf(deps.memory, sessionId).tokens;
  for (const [key, token] of tokens) if (token.value === value) tokens.delete(key);
}

async function acquire(
  deps: ClientDeps,
  request: AccessRequest,
  session: Session,
  target: Target,
  scopes: readonly string[] | undefined,
): Promise<AccessToken> {
  const budget = newBudget();
  let attempt = { session, scopes };
  for (;;) {
    try {
      return await attemptOnce(deps, attempt.session, target, attempt.scopes);
    } catch (error) {
      if (!isCrossgrantError(error)) throw error;
      attempt = await recover(deps, request, budget, attempt, error);
    }
  }
}

async function attemptOnce(
  deps: ClientDeps,
  session: Session,
  target: Target,
  scopes: readonly string[] | undefined,
): Promise<AccessToken> {
  const subject = await currentSubject(deps, session);
  const exchanged = await exchangeForIdJag(deps, target, subject, scopes);
  const redeemed = await redeemIdJag(deps, target, exchanged);
  const scopeDifference = compareScopes(scopes, redeemed.scopes);
  const { missing, extra } = scopeDifference;
  const detail = { resource: target.resource, missing, extra };
  if (missing.length + extra.length > 0) deps.warn({ code: 'scope_differs', detail }); // CLI-08
  return { ...redeemed, resource: target.resource, issuer: target.server.issuer, askedScopes: scopes, scopeDifference };
}

function scopesFor(
  memory: SessionMemory,
  target: Target,
  request: AccessRequest,
  hint: ChallengeHint,
): readonly string[] | undefined {
  const key = normalizeResource(target.resource);
  if (hint.scopes !== undefined) memory.challengedScopes.set(key, hint.scopes);
  return chooseScopes({
    asked: request.scopes,
    challenged: memory.challengedScopes.get(key),
    needed: memory.neededScopes.get(key),
    supported: target.scopesSupported,
  });
}

/** Everything that decides what a token is good for. Two people, issuers or scope sets never share a token. */
function tokenKey(deps: ClientDeps, session: Session, target: Target, scopes: readonly string[] | undefined): string {
  return JSON.stringify([
    session.subject, // CLI-06, ATK-64
    deps.idp.issuer,
    target.server.issuer,
    target.credentials.clientId,
    target.resource, // CLI-06, ATK-64
    [...(scopes ?? [])].sort(), // CLI-06
  ]);
}
