import type { ClientDeps } from './deps.ts';
import { dropMemory } from './memory.ts';

/** Ends a session: nothing of it is kept, and what is under way for it yields nothing. */
export async function signOut(deps: ClientDeps, sessionId: string): Promise<void> {
  dropMemory(deps.memory, sessionId); // CLI-09
  await deps.sessions.remove(sessionId); // CLI-09
}
