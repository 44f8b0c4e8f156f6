import type { ClientDeps } from './deps.ts';
import { endMemory } from './memory.ts';
import { writeInTurn } from './session-writes.ts';
import { findSessions, removeSession } from './sessions.ts';

/** Ends a session: nothing of it is kept, and what is under way for it yields nothing. */
export async function signOut(deps: ClientDeps, sessionId: string): Promise<void> {
  endMemory(deps.memory, sessionId); // CLI-09
  const removal = removeSession(deps.sessions, sessionId); // CLI-09
  writeInTurn(deps.memory, sessionId, () => removal).catch(() => undefined); // CLI-09
  await removal;
}

/** The same for all sessions that fit. One that cannot be removed does not save the others. */
export async function signOutEverywhere(
  deps: ClientDeps,
  match: { readonly subject?: string; readonly sid?: string },
): Promise<void> {
  const sessions = await findSessions(deps.sessions, match);
  for (const session of sessions) endMemory(deps.memory, session); // CLI-09
  const failures: unknown[] = [];
  for (const session of sessions) await signOut(deps, session).catch((error) => failures.push(error)); // CLI-09
  if (failures.length > 0) throw failures[0]; // LES-93
}
