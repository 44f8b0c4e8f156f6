import type { UpdateResult } from 'kysely';
import type { ConnectionState } from '../domain/policy/model.ts';
import type { IdpDatabase } from '../store/schema.ts';
import { type Actor, type InTenant, type PolicyChange, perform } from './change.ts';

/** Stops a connection at once, until somebody approves it again. False when the tenant has no such connection. */
export function blockConnection(
  database: IdpDatabase,
  tenantId: string,
  connectionKey: string,
  actor: Actor,
): Promise<boolean> {
  return setState(database, tenantId, connectionKey, actor, 'blocked');
}

/** Opens a pending or blocked connection. False when the tenant has no such connection. */
export function approveConnection(
  database: IdpDatabase,
  tenantId: string,
  connectionKey: string,
  actor: Actor,
): Promise<boolean> {
  return setState(database, tenantId, connectionKey, actor, 'approved');
}

function setState(
  database: IdpDatabase,
  tenantId: string,
  connectionKey: string,
  actor: Actor,
  state: ConnectionState,
): Promise<boolean> {
  return perform(
    { database, tenantId, actor, code: `connection/${state}`, facts: { connection: connectionKey } },
    (trx, epoch) => writeConnectionState(trx, { tenantId, key: connectionKey, state, epoch }),
  );
}

/** The state alone, inside a change that records who makes it. */
export function writeConnectionState(
  trx: PolicyChange,
  { tenantId, key, state, epoch }: InTenant & { readonly key: string; readonly state: ConnectionState },
): Promise<UpdateResult> {
  return trx
    .updateTable('connections')
    .set({ state, version: epoch })
    .where('tenant_id', '=', tenantId)
    .where('key', '=', key)
    .executeTakeFirst();
}
