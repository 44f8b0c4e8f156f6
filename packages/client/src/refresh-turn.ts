import type { ClientDeps } from './deps.ts';
import { TemporarilyUnavailable } from './errors.ts';
import type { SessionMemory } from './memory.ts';
import { isSame, replaceSession, signedOut } from './session-writes.ts';
import { readSession, type Session } from './sessions.ts';

/** Longer than a refresh takes with all its attempts; a process that died is waited for no longer than this. */
const turnMs = 30_000;
const pollMs = 200;

/** An assertion that expires on the way is of no use. */
const expiryMarginMs = 10_000;

/** Tells whether the ID token of a session is good for another exchange. */
export function isUsable(deps: ClientDeps, session: Session): boolean {
  if (session.idToken === undefined) return false;
  return session.idTokenExpiresAt === undefined || deps.clock() < session.idTokenExpiresAt - expiryMarginMs; // CLI-10
}

/** The session to refresh when it is this process's turn; else the session that somebody else brought up to date. */
export interface RefreshTurn {
  readonly isMine: boolean;
  readonly session: Session;
}

/**
 * Marks a session in the store as being refreshed by this process, or waits until the one that does is done. The mark is
 * set by compare-and-set, so a store needs no locks; it lapses by itself.
 */
export async function takeRefreshTurn(deps: ClientDeps, memory: SessionMemory, held: Session): Promise<RefreshTurn> {
  let before = held;
  for (let waits = 0; waits <= turnMs / pollMs; waits += 1) {
    const marked = { ...before, refreshing: { by: deps.self, until: deps.clock() + turnMs } };
    const now = await replaceSession(deps, memory, before, marked, (current) => !isTaken(deps, current)); // CLI-10
    if (isSame(now, before) && now.refreshing?.by === deps.self) return { isMine: true, session: now };
    if (isTaken(deps, now)) await deps.patience.sleep(pollMs);
    before = await readHeld(deps, memory, held.id);
    const isOver = !isSame(before, held) && (isUsable(deps, before) || before.refreshToken === undefined);
    if (isOver) return { isMine: false, session: before }; // CLI-10
  }
  throw new TemporarilyUnavailable('sign_on', undefined);
}

/** Lets the others try at once after a refresh that failed; if that fails too, the mark lapses. */
export async function giveRefreshTurnBack(deps: ClientDeps, memory: SessionMemory, held: Session): Promise<void> {
  const { refreshing: _mark, ...rest } = held;
  await replaceSession(deps, memory, held, rest).catch(() => undefined);
}

function isTaken(deps: ClientDeps, session: Session): boolean {
  const { refreshing } = session;
  return refreshing !== undefined && refreshing.by !== deps.self && deps.clock() < refreshing.until;
}

async function readHeld(deps: ClientDeps, memory: SessionMemory, id: string): Promise<Session> {
  const held = await readSession(deps.sessions, id);
  if (held === undefined || memory.dropped) throw signedOut(); // CLI-09
  return held;
}
