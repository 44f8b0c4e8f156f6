import { findPerson, type Person } from '../people/person.ts';
import { effectiveWatermark, isAfterWatermark } from '../people/watermark.ts';
import { findSession } from '../sessions/session.ts';
import type { SignOnDeps } from './deps.ts';

export type Inactive =
  | 'person-unknown'
  | 'person-disabled'
  | 'person-revoked'
  | 'session-unknown'
  | 'session-ended'
  | 'session-expired';

export type Live<T> =
  | { readonly isLive: true; readonly value: T }
  | { readonly isLive: false; readonly because: Inactive };

/**
 * The person of an artefact, if the person may still use it: known, active, and signed on after the
 * watermark. Sign-on, code, refresh and userinfo ask here; there is no look-up that returns a person to be judged later.
 */
export async function findLivePerson(
  deps: SignOnDeps,
  userId: string,
  authTimeSeconds: number | undefined,
): Promise<Live<Person>> {
  const person = await findPerson(deps.database, deps.tenantId, userId);
  if (person === undefined) return inactive('person-unknown');
  if (person.state !== 'active') return inactive('person-disabled'); // LES-20
  const levels = [person.revokedBefore, await deps.everyoneRevokedBefore?.()];
  const isSince = authTimeSeconds !== undefined && isAfterWatermark(authTimeSeconds, levels); // LES-75
  if (!isSince) return inactive('person-revoked'); // LES-20
  return { isLive: true, value: person };
}

/** The same for an artefact that names a session: the session must be known, not ended and not past its absolute end. */
export async function findLivePersonOfSession(
  deps: SignOnDeps,
  userId: string,
  sid: string,
  authTimeSeconds: number | undefined,
): Promise<Live<Person>> {
  const session = await findSession(deps.database, deps.tenantId, sid);
  if (session === undefined || session.userId !== userId) return inactive('session-unknown');
  if (session.endedAt !== undefined) return inactive('session-ended');
  if (session.expiresAt <= deps.clock()) return inactive('session-expired');
  return findLivePerson(deps, userId, authTimeSeconds ?? session.authTime);
}

/** When a person signs on now; within the second of a watermark it is the first second that counts again. */
export async function signOnSeconds(deps: SignOnDeps, person: Person): Promise<number> {
  const watermark = effectiveWatermark([person.revokedBefore, await deps.everyoneRevokedBefore?.()]);
  return Math.max(Math.floor(deps.clock() / 1000), watermark ?? 0); // LES-75
}

function inactive(because: Inactive): Live<never> {
  return { isLive: false, because };
}
