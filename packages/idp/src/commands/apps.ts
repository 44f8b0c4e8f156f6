import type { UpdateResult } from 'kysely';
import type { IdpDatabase } from '../store/schema.ts';
import { type Actor, type InTenant, type PolicyChange, perform } from './change.ts';

/** Blocks a client app, or lifts the block. False when the tenant has no such client app. */
export function setClientAppState(
  database: IdpDatabase,
  tenantId: string,
  clientId: string,
  state: 'active' | 'blocked',
  actor: Actor,
): Promise<boolean> {
  return perform(
    { database, tenantId, actor, code: `client-app/${state}`, facts: { client: clientId } },
    (trx, epoch) => writeClientAppState(trx, { tenantId, clientId, state, epoch }),
  );
}

/** The state alone, inside a change that records who makes it. */
export function writeClientAppState(
  trx: PolicyChange,
  { tenantId, clientId, state, epoch }: InTenant & { readonly clientId: string; readonly state: 'active' | 'blocked' },
): Promise<UpdateResult> {
  return trx
    .updateTable('client_apps')
    .set({ state, version: epoch })
    .where('tenant_id', '=', tenantId)
    .where('client_id', '=', clientId)
    .executeTakeFirst();
}

/** Disables a resource app, or enables it again. False when the tenant has no such resource app. */
export function setResourceAppState(
  database: IdpDatabase,
  tenantId: string,
  key: string,
  state: 'active' | 'disabled',
  actor: Actor,
): Promise<boolean> {
  return perform(
    { database, tenantId, actor, code: `resource-app/${state}`, facts: { resourceApp: key } },
    (trx, epoch) => writeResourceAppState(trx, { tenantId, key, state, epoch }),
  );
}

/** The state alone, inside a change that records who makes it. */
export function writeResourceAppState(
  trx: PolicyChange,
  { tenantId, key, state, epoch }: InTenant & { readonly key: string; readonly state: 'active' | 'disabled' },
): Promise<UpdateResult> {
  return trx
    .updateTable('resource_apps')
    .set({ state, version: epoch })
    .where('tenant_id', '=', tenantId)
    .where('key', '=', key)
    .executeTakeFirst();
}
