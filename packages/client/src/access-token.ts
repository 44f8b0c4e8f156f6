import { normalizeResource } from '@crossgrant/protocol';
import { conceal } from './concealed.ts';
import type { ClientDeps } from './deps.ts';
import { discover } from './discovery/discover.ts';
import type { Target } from './discovery/target.ts';
import { type ProofKey, proofKeyOf } from './dpop.ts';
import { CrossgrantError, isCrossgrantError } from './errors.ts';
import { exchangeForIdJag } from './exchange.ts';
import { currentSubject, loadSession } from './identity.ts';
import { type AccessToken, memoryOf, type SessionMemory, singleFlight } from './memory.ts';
import { recover } from './recovery.ts';
import { type Attempt, newBudget } from './recovery-budget.ts';
import type { RecoveryOptions } from './recovery-options.ts';
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

/** What is known before anything is asked of an authorization server. */
export interface Prepared {
  readonly memory: SessionMemory;
  readonly session: Session;
  readonly target: Target;
  readonly scopes: readonly string[] | undefined;
  readonly proofKey: ProofKey | undefined;
}

export async function prepare(deps: ClientDeps, request: AccessRequest, hint: ChallengeHint = {}): Promise<Prepared> {
  const memory = memoryOf(deps.memory, requireSessionId(request.session));
  const session = await loadSession(deps, request.session, memory);
  const target = await discover(deps, request.resource, hint.resourceMetadata);
  if (memory.dropped) throw new CrossgrantError('signed_out', 'discovery'); // CLI-09
  const scopes = scopesFor(memory, target, request, hint);
  const proofKey = target.credentials.dpop ? await proofKeyOf(deps, memory, session.id) : undefined;
  return { memory, session, target, scopes, proofKey };
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
  const { memory, session, target, scopes, proofKey } = await prepare(deps, request, hint);
  const keyOf = (now: Session): string => tokenKey(deps, now, target, scopes, proofKey);
  const key = keyOf(session);

  const cached = memory.tokens.get(key);
  if (cached !== undefined && deps.clock() < cached.renewAt) return cached; // CLI-06
  return singleFlight(memory.flights, key, async () => {
    const acquired = await withRecovery(deps, request, memory, { session, scopes }, (attempt) =>
      attemptOnce(deps, attempt, target, proofKey),
    );
    if (memory.dropped) throw new CrossgrantError('signed_out', 'redeem'); // CLI-09
    const token = conceal(acquired.result, ['value']);
    keepToken(deps, memory, keyOf(acquired.session), token);
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
  const tokens = deps.memory.sessions.get(sessionId)?.tokens ?? new Map<string, AccessToken>();
  for (const [key, token] of tokens) if (token.value === value) tokens.delete(key);
}

/** Repeats work by the error table, and tells with the result which session it was done for in the end. */
export async function withRecovery<T>(
  deps: ClientDeps,
  request: AccessRequest,
  memory: SessionMemory,
  first: Attempt,
  work: (attempt: Attempt) => Promise<T>,
): Promise<{ readonly result: T; readonly session: Session }> {
  const budget = newBudget();
  let attempt = first;
  for (;;) {
    try {
      return { result: await work(attempt), session: attempt.session };
    } catch (error) {
      if (!isCrossgrantError(error)) throw error;
      const isOvertaken = memory.dropped && error.code !== 'account_switched';
      if (isOvertaken) throw new CrossgrantError('signed_out', error.stage); // CLI-09
      attempt = await recover(deps, request, budget, attempt, error);
    }
  }
}

async function attemptOnce(
  deps: ClientDeps,
  { session, scopes, subject: kind = deps.subject }: Attempt,
  target: Target,
  key: ProofKey | undefined,
): Promise<AccessToken> {
  const subject = await currentSubject(deps, session, kind);
  const exchanged = await exchangeForIdJag(deps, target, subject, scopes, key);
  const redeemed = await redeemIdJag(deps, target, exchanged, key);
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

/** Everything that decides what a token is good for. Two people, sign-ons, issuers or scope sets never share a token. */
function tokenKey(
  deps: ClientDeps,
  session: Session,
  target: Target,
  scopes: readonly string[] | undefined,
  key: ProofKey | undefined,
): string {
  return JSON.stringify([
    session.subject, // CLI-06, ATK-64
    session.signOn, // CLI-06
    deps.idp.issuer,
    target.server.issuer,
    target.credentials.clientId,
    target.resource, // CLI-06, ATK-64
    [...(scopes ?? [])].sort(), // CLI-06
    key?.thumbprint ?? null,
  ]);
}
