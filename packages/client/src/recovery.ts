import type { ClientDeps } from './deps.ts';
import { type CrossgrantFailure, isCrossgrantError } from './errors.ts';
import { accountSwitched, loadSession, renewSession } from './identity.ts';
import { memoryOf, singleFlight } from './memory.ts';
import type { Session } from './sessions.ts';

/** What the application allows the client to do when a request is refused. */
export interface RecoveryOptions {
  /**
   * Signs the person on again, with the demands given, and stores the result under the same session id. Without it a
   * demand for a fresh or stronger sign-on is an error.
   */
  readonly signOnAgain?: (demand: SignOnDemand) => Promise<unknown>;
  /** Names fewer scopes after a refusal of all; without it, or when it answers nothing, the refusal stands. */
  readonly reduceScopes?: (refused: readonly string[] | undefined) => readonly string[] | undefined;
}

export interface SignOnDemand {
  readonly session: string;
  readonly reason: 'expired' | 'step_up';
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
}

export interface Attempt {
  readonly session: Session;
  readonly scopes: readonly string[] | undefined;
}

/** Each way out of a refusal may be taken once per request. */
export interface Budget {
  renewals: number;
  signOns: number;
  reductions: number;
  idJags: number;
}

export function newBudget(): Budget {
  return { renewals: 1, signOns: 1, reductions: 1, idJags: 1 };
}

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
      return signOnAgain(deps, options, budget, attempt, failure, {
        session: attempt.session.id,
        reason: 'step_up',
        acrValues: failure.acrValues,
        maxAge: failure.maxAge,
      });
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

/** The new sign-on has to bring a new ID token of the same person: the old one would be refused the same way again. */
export async function signOnAgain(
  deps: ClientDeps,
  options: RecoveryOptions,
  budget: Budget,
  attempt: Attempt,
  failure: CrossgrantFailure,
  demand: SignOnDemand,
): Promise<Attempt> {
  const { signOnAgain: ask } = options;
  if (ask === undefined || !take(budget, 'signOns')) throw failure; // ATK-62, STP-04

  const memory = memoryOf(deps.memory, attempt.session.id);
  const before = await loadSession(deps, attempt.session.id, memory);
  await singleFlight(memory.flights, 'sign-on', () => ask(demand));
  const session = await loadSession(deps, before.id, memory); // CLI-09
  if (session.subject !== attempt.session.subject) throw await accountSwitched(deps, attempt.session, session.subject); // CLI-09, ATK-64
  if (session.idToken === undefined || session.idToken === before.idToken) throw failure; // STP-04, ATK-62
  return { ...attempt, session };
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

async function askForAnotherIdJag(budget: Budget, attempt: Attempt, failure: CrossgrantFailure): Promise<Attempt> {
  if (!take(budget, 'idJags')) throw failure; // CLI-05
  return attempt;
}

function take(budget: Budget, what: keyof Budget): boolean {
  if (budget[what] === 0) return false;
  budget[what] -= 1;
  return true;
}
