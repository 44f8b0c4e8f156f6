import type { CoreSchema } from '@crossgrant/platform';
import type { Transaction } from 'kysely';
import type { IdpDatabase, IdpSchema } from '../store/schema.ts';
import { type Actor, perform } from './change.ts';

/** Disables a person and ends every session. False when the tenant has no such person. */
export function disablePerson(database: IdpDatabase, tenantId: string, userId: string, actor: Actor): Promise<boolean> {
  return perform(
    { database, tenantId, actor, code: 'person/disabled', facts: { userId } },
    async (trx, epoch, nowMs) => {
      await endSessionsOf(trx, tenantId, userId, { nowMs, epoch });
      return trx
        .updateTable('users')
        .set({ state: 'disabled', version: epoch })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', userId)
        .executeTakeFirst();
    },
  );
}

export function enablePerson(database: IdpDatabase, tenantId: string, userId: string, actor: Actor): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'person/active', facts: { userId } }, (trx, epoch) =>
    trx
      .updateTable('users')
      .set({ state: 'active', version: epoch })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', userId)
      .executeTakeFirst(),
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
  return perform(
    { database, tenantId, actor, code: 'person/revoked', facts: { userId }, nowMs },
    async (trx, epoch, at) => {
      await endSessionsOf(trx, tenantId, userId, { nowMs: at, epoch });
      return trx
        .updateTable('users')
        .set({ revoked_before: at, version: epoch })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', userId)
        .executeTakeFirst();
    },
  );
}

/** Ends one session. False when there is no such session, or it has ended already. */
export function endSession(database: IdpDatabase, tenantId: string, sid: string, actor: Actor): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'session/ended', facts: { sid } }, (trx, epoch, nowMs) =>
    trx
      .updateTable('sessions')
      .set({ ended_at: nowMs, version: epoch })
      .where('tenant_id', '=', tenantId)
      .where('sid', '=', sid)
      .where('ended_at', 'is', null)
      .executeTakeFirst(),
  );
}

async function endSessionsOf(
  trx: Transaction<IdpSchema & CoreSchema>,
  tenantId: string,
  userId: string,
  { nowMs, epoch }: { readonly nowMs: number; readonly epoch: number },
): Promise<void> {
  await trx
    .updateTable('sessions')
    .set({ ended_at: nowMs, version: epoch })
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null)
    .execute();
}
