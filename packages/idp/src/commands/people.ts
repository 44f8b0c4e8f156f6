import { endSessionsOfPerson } from '@crossgrant/identity';
import type { UpdateResult } from 'kysely';
import type { IdpDatabase } from '../store/schema.ts';
import { type Actor, type InTenant, type PolicyChange, perform } from './change.ts';

/** Disables a person and ends every session. False when the tenant has no such person. */
export function disablePerson(database: IdpDatabase, tenantId: string, userId: string, actor: Actor): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'person/disabled', facts: { userId } }, (trx, epoch, nowMs) =>
    writePersonState(trx, { tenantId, userId, state: 'disabled', epoch, nowMs }),
  );
}

export function enablePerson(database: IdpDatabase, tenantId: string, userId: string, actor: Actor): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'person/active', facts: { userId } }, (trx, epoch, nowMs) =>
    writePersonState(trx, { tenantId, userId, state: 'active', epoch, nowMs }),
  );
}

/**
 * Sets the person's watermark and ends every session: nothing authenticated up to now counts any more. False when
 * there is no such person.
 */
export function revokePerson(
  database: IdpDatabase,
  tenantId: string,
  userId: string,
  actor: Actor,
  nowMs?: number,
): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'person/revoked', facts: { userId }, nowMs }, (trx, epoch, at) =>
    writePersonWatermark(trx, { tenantId, userId, epoch, nowMs: at }),
  );
}

/** Ends one session. False when there is no such session, or it has ended already. */
export function endSession(database: IdpDatabase, tenantId: string, sid: string, actor: Actor): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'session/ended', facts: { sid } }, (trx, epoch, nowMs) =>
    writeSessionEnd(trx, { tenantId, sid, epoch, nowMs }),
  );
}

interface OfPerson extends InTenant {
  readonly userId: string;
  readonly nowMs: number;
}

/** The state, inside a change that records who makes it. A disabled person has no session left. */
export async function writePersonState(
  trx: PolicyChange,
  { state, ...person }: OfPerson & { readonly state: 'active' | 'disabled' },
): Promise<UpdateResult> {
  if (state === 'disabled') await endSessionsOf(trx, person);
  return trx
    .updateTable('users')
    .set({ state, version: person.epoch })
    .where('tenant_id', '=', person.tenantId)
    .where('id', '=', person.userId)
    .executeTakeFirst();
}

/** The watermark, and the end of every session, inside a change that records who makes it. */
export async function writePersonWatermark(trx: PolicyChange, person: OfPerson): Promise<UpdateResult> {
  await endSessionsOf(trx, person);
  return trx
    .updateTable('users')
    .set({ revoked_before: person.nowMs, version: person.epoch })
    .where('tenant_id', '=', person.tenantId)
    .where('id', '=', person.userId)
    .executeTakeFirst();
}

/** The end of one session, inside a change that records who makes it. */
export function writeSessionEnd(
  trx: PolicyChange,
  { tenantId, sid, epoch, nowMs }: InTenant & { readonly sid: string; readonly nowMs: number },
): Promise<UpdateResult> {
  return trx
    .updateTable('sessions')
    .set({ ended_at: nowMs, version: epoch })
    .where('tenant_id', '=', tenantId)
    .where('sid', '=', sid)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
}

function endSessionsOf(trx: PolicyChange, { tenantId, userId, epoch, nowMs }: OfPerson): Promise<void> {
  return endSessionsOfPerson(trx as never, { tenantId, userId, now: nowMs, epoch });
}
