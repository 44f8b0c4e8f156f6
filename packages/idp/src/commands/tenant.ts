import type { IdpDatabase } from '../store/schema.ts';
import { type Actor, type InTenant, type PolicyChange, perform } from './change.ts';

/** Closes a tenant as a whole, or opens it again. */
export function setTenantState(
  database: IdpDatabase,
  tenantId: string,
  state: 'active' | 'disabled',
  actor: Actor,
): Promise<boolean> {
  return perform({ database, tenantId, actor, code: `tenant/${state}`, facts: {} }, async (trx, epoch) => {
    const row = { tenant_id: tenantId, state, revoked_before: null, version: epoch };
    await trx
      .insertInto('tenant_policy')
      .values(row)
      .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ state, version: epoch }))
      .execute();
    return { numUpdatedRows: 1n };
  });
}

/**
 * Sets everybody's watermark and ends every session: nothing authenticated up to now counts any more, and no browser
 * signs on again by itself.
 */
export function revokeEverything(
  database: IdpDatabase,
  tenantId: string,
  actor: Actor,
  nowMs?: number,
): Promise<boolean> {
  return perform({ database, tenantId, actor, code: 'tenant/revoked', facts: {}, nowMs }, async (trx, epoch, at) => {
    await writeTenantWatermark(trx, { tenantId, epoch, nowMs: at });
    return { numUpdatedRows: 1n };
  });
}

/** Everybody's watermark, and the end of every session, inside a change that records who makes it. */
export async function writeTenantWatermark(
  trx: PolicyChange,
  { tenantId, epoch, nowMs: at }: InTenant & { readonly nowMs: number },
): Promise<void> {
  const row = { tenant_id: tenantId, state: 'active' as const, revoked_before: at, version: epoch };
  await trx
    .insertInto('tenant_policy')
    .values(row)
    .onConflict((conflict) => conflict.column('tenant_id').doUpdateSet({ revoked_before: at, version: epoch }))
    .execute();
  await trx
    .updateTable('sessions')
    .set({ ended_at: at, version: epoch })
    .where('tenant_id', '=', tenantId)
    .where('ended_at', 'is', null)
    .execute();
  await trx.deleteFrom('oidc_artifacts').where('tenant_id', '=', tenantId).where('kind', '=', 'Session').execute();
}
