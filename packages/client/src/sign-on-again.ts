import type { ClientDeps } from './deps.ts';
import { CrossgrantError, type CrossgrantFailure, type StepUpDemand } from './errors.ts';
import { accountSwitched, loadSession } from './identity.ts';
import { memoryOf, type SessionMemory } from './memory.ts';
import { type Attempt, type Budget, take } from './recovery-budget.ts';
import type { RecoveryOptions, SignOnDemand } from './recovery-options.ts';
import type { Session } from './sessions.ts';

/** What a demand for a fresher or stronger sign-on asks for: its own members, and that the person signs on. */
export function stepUpDemand(session: string, { acrValues, maxAge }: StepUpDemand): SignOnDemand {
  return { session, reason: 'step_up', acrValues, maxAge, prompt: 'login' }; // STP-04
}

/**
 * Lets the application sign the person on again, and goes on with the new ID token: the old one, and the refresh token
 * of the sign-on before, would be refused the same way again. A person is asked once for each demand; whoever demands
 * something while another sign-on is under way waits for that one first.
 *
 * ID-JAG-04 §9.2, RFC 9470 §4.
 */
export async function signOnAgain(
  deps: ClientDeps,
  options: RecoveryOptions,
  budget: Budget,
  attempt: Attempt,
  failure: CrossgrantFailure,
  demand: SignOnDemand,
): Promise<Attempt> {
  const ask = options.signOnAgain ?? deps.recovery.signOnAgain;
  if (ask === undefined) throw failure; // STP-04
  const memory = memoryOf(deps.memory, attempt.session.id);
  const newer = await newerSignOn(deps, memory, budget, attempt, demand);
  if (newer !== undefined) return { ...attempt, session: newer, subject: 'id_token' };
  if (!take(budget, 'signOns')) throw failure; // ATK-62, STP-04

  const before = await loadSession(deps, attempt.session.id, memory);
  const startedAt = Math.floor(deps.clock() / 1000);
  await askOnce(memory, demand, () => ask(demand, deps.client()));
  const session = await loadSession(deps, before.id, memory); // CLI-09
  if (session.subject !== attempt.session.subject) throw await accountSwitched(deps, attempt.session, session.subject); // CLI-09, ATK-64
  if (session.idToken === undefined || session.idToken === before.idToken) throw failure; // STP-04, ATK-62
  if (demand.reason === 'step_up' && !isImproved(before, session, demand, startedAt))
    throw notImproved(before, session); // STP-04, ATK-62
  return { ...attempt, session, subject: 'id_token' }; // STP-04
}

/** A sign-on that was made, or is being made, since the refused request was sent may be all that is needed. */
async function newerSignOn(
  deps: ClientDeps,
  memory: SessionMemory,
  budget: Budget,
  attempt: Attempt,
  demand: SignOnDemand,
): Promise<Session | undefined> {
  const { signingOn } = memory;
  if (signingOn !== undefined && signingOn.demand !== JSON.stringify(demand))
    await signingOn.done.catch(() => undefined);
  const now = await loadSession(deps, attempt.session.id, memory);
  const isNewer = now.signOn !== attempt.session.signOn && now.subject === attempt.session.subject;
  return isNewer && take(budget, 'joins') ? now : undefined;
}

/** Callers with the same demand share one sign-on. */
function askOnce(memory: SessionMemory, demand: SignOnDemand, ask: () => Promise<unknown>): Promise<unknown> {
  const text = JSON.stringify(demand);
  if (memory.signingOn?.demand === text) return memory.signingOn.done;
  const done = ask().finally(() => {
    if (memory.signingOn?.done === done) memory.signingOn = undefined;
  });
  memory.signingOn = { demand: text, done };
  return done;
}

/**
 * Tells whether a sign-on is fresher or stronger than the one before, as far as the ID token says. Two sign-ons may fall
 * into the same second.
 */
function isImproved(before: Session, now: Session, demand: SignOnDemand, startedAt: number): boolean {
  if (now.authTime === undefined || before.authTime === undefined) return true;
  if (now.acr !== undefined && now.acr !== before.acr && demand.acrValues?.includes(now.acr)) return true;
  return now.authTime > before.authTime || now.authTime >= startedAt;
}

function notImproved(before: Session, now: Session): CrossgrantError {
  const cause = {
    before: { authTime: before.authTime, acr: before.acr },
    now: { authTime: now.authTime, acr: now.acr },
  };
  return new CrossgrantError('sign_on_not_improved', 'sign_on', { cause });
}
