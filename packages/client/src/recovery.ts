import type { ClientDeps } from './deps.ts';
import { type CrossgrantFailure, isCrossgrantError } from './errors.ts';
import { renewSession, tradesRefreshToken } from './identity.ts';
import { type Attempt, type Budget, take } from './recovery-budget.ts';
import type { RecoveryOptions } from './recovery-options.ts';
import type { Session } from './sessions.ts';
import { signOnAgain, stepUpDemand } from './sign-on-again.ts';

/**
 * Prepares the next attempt after a refusal, or throws the refusal when the error table has no further step.
 *
 * MCP-EMA §4, §5; ID-JAG-04 §4.4.4, §9.2.
 */
export function recover(
  deps: ClientDeps,
  options: RecoveryOptions,
  budget: Budget,
  attempt: Attempt,
  failure: CrossgrantFailure,
): Promise<Attempt> {
  switch (failure.code) {
    case 'sign_on_required':
      return renewIdentity(deps, options, budget, attempt, failure);
    case 'step_up_required':
      return signOnAgain(deps, options, budget, attempt, failure, stepUpDemand(attempt.session.id, failure));
    case 'request_refused':
      return tradeIdToken(deps, attempt, failure);
    case 'scope_refused':
      return reduce(options, budget, attempt, failure);
    case 'id_jag_refused':
      return askForAnotherIdJag(budget, attempt, failure);
    default:
      return Promise.reject(failure); // MCP-08, ATK-52
  }
}

/** An assertion that the identity provider no longer accepts: refresh it, else let the person sign on, each once. */
async function renewIdentity(
  deps: ClientDeps,
  options: RecoveryOptions,
  budget: Budget,
  attempt: Attempt,
  failure: CrossgrantFailure,
): Promise<Attempt> {
  if (failure.stage === 'exchange' && tradesRefreshToken(deps, attempt.session, attempt.subject ?? deps.subject))
    return { ...attempt, subject: 'id_token' }; // CLI-10
  const canRefresh =
    failure.stage === 'exchange' && attempt.session.refreshToken !== undefined && take(budget, 'renewals');
  const renewed = canRefresh ? await tryRenewal(deps, attempt.session) : undefined;
  if (renewed !== undefined) return { ...attempt, session: renewed };
  return signOnAgain(deps, options, budget, attempt, failure, { session: attempt.session.id, reason: 'expired' });
}

/** Nothing when the refresh token is no longer accepted either. */
async function tryRenewal(deps: ClientDeps, session: Session): Promise<Session | undefined> {
  try {
    return await renewSession(deps, session); // CLI-10, CLI-07
  } catch (error) {
    if (isCrossgrantError(error) && error.code === 'sign_on_required') return undefined;
    throw error;
  }
}

async function reduce(
  options: RecoveryOptions,
  budget: Budget,
  attempt: Attempt,
  failure: CrossgrantFailure,
): Promise<Attempt> {
  const scopes = options.reduceScopes?.(attempt.scopes);
  if (scopes === undefined || scopes.length === 0 || !take(budget, 'reductions')) throw failure; // CLI-07
  return { ...attempt, scopes };
}

/** An identity provider that does not know refresh tokens as subject is not asked that way again. */
async function tradeIdToken(deps: ClientDeps, attempt: Attempt, failure: CrossgrantFailure): Promise<Attempt> {
  const isAboutTheToken = failure.stage === 'exchange' && failure.oauth?.error === 'invalid_request';
  if (!isAboutTheToken || !tradesRefreshToken(deps, attempt.session, attempt.subject ?? deps.subject)) throw failure;
  deps.memory.refreshTokensRefused = true;
  return { ...attempt, subject: 'id_token' }; // CLI-10
}

async function askForAnotherIdJag(budget: Budget, attempt: Attempt, failure: CrossgrantFailure): Promise<Attempt> {
  if (!take(budget, 'idJags')) throw failure; // CLI-05
  return attempt;
}
