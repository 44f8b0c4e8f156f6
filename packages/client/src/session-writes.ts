import { randomText } from './client-auth.ts';
import type { ClientDeps } from './deps.ts';
import { CrossgrantError } from './errors.ts';
import { type ClientMemory, forgetMemory, memoryOf, type SessionMemory } from './memory.ts';
import { exchangeSession, readSession, removeSession, type Session, saveSession } from './sessions.ts';

/**
 * Lets the writes of one session happen one after the other, in the order they were asked for. Work that waits in here
 * must not wait for another write of the same session.
 */
export function writeInTurn<T>(memory: ClientMemory, sessionId: string, work: () => Promise<T>): Promise<T> {
  const before = memory.writes.get(sessionId);
  const turn = before === undefined ? work() : before.then(work, work);
  const leave = (): void => {
    if (memory.writes.get(sessionId) === turn) memory.writes.delete(sessionId);
  };
  memory.writes.set(sessionId, turn);
  turn.then(leave, leave);
  return turn;
}

/**
 * Stores the session that a sign-on brought, and returns it, or the session of somebody else that is in its place.
 * `asked` is what was remembered of it when the sign-on was handed over: a sign-out since then wins.
 */
export async function storeSignOn(deps: ClientDeps, asked: SessionMemory, session: Session): Promise<Session> {
  const before = await readSession(deps.sessions, session.id);
  if (asked.signedOut) throw signedOut(); // CLI-09
  if (before !== undefined && before.subject !== session.subject) return before;
  if (before === undefined) forgetMemory(deps.memory, session.id);
  const memory = memoryOf(deps.memory, session.id);
  if (deps.provesAtSignOn) memory.proofKey ??= asked.proofKey; // what was just issued is bound to it
  await store(deps, memory, session.id, () => saveSession(deps.sessions, session));
  memory.unsaved = undefined;
  return session;
}

/**
 * Stores what became of a session, unless the store holds something newer by now: a sign-on since then wins. Returns
 * what the store holds afterwards.
 */
export function replaceSession(
  deps: ClientDeps,
  memory: SessionMemory,
  before: Session,
  next: Session,
  mayReplace: (held: Session) => boolean = () => true,
): Promise<Session> {
  return writeInTurn(deps.memory, before.id, async () => {
    const held = await readSession(deps.sessions, before.id);
    if (held === undefined && !memory.dropped) forgetMemory(deps.memory, before.id); // CLI-09
    if (held === undefined || memory.dropped) throw signedOut(); // CLI-09
    if (!isSame(held, before) || !mayReplace(held)) return held; // LES-93
    const renewed = { ...next, revision: randomText() };
    const isStored = await store(deps, memory, next.id, () => exchangeSession(deps.sessions, held, renewed)); // DEL-01
    return isStored ? renewed : heldAfter(deps, memory, before.id);
  });
}

/** The same tokens: nobody signed on or refreshed in between. */
export function isSame(one: Session, other: Session): boolean {
  return one.idToken === other.idToken && one.refreshToken === other.refreshToken && one.subject === other.subject;
}

export function signedOut(): CrossgrantError {
  return new CrossgrantError('signed_out', 'sign_on');
}

/** A save that a sign-out overtook is undone, whether it succeeded or not. */
async function store<T>(deps: ClientDeps, memory: SessionMemory, id: string, write: () => Promise<T>): Promise<T> {
  let written: T;
  try {
    written = await write();
  } finally {
    if (memory.dropped) await removeSession(deps.sessions, id); // CLI-09
  }
  if (memory.dropped) throw signedOut(); // CLI-09
  return written;
}

/** What another process put in the place of a session between reading and writing it. */
async function heldAfter(deps: ClientDeps, memory: SessionMemory, id: string): Promise<Session> {
  const held = await readSession(deps.sessions, id);
  if (held === undefined || memory.dropped) throw signedOut(); // CLI-09
  return held;
}
