import type { ConnectionState } from '../domain/policy/model.ts';
import type { IdpDatabase } from '../store/schema.ts';
import { type Actor, perform } from './change.ts';

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
    (trx, epoch) =>
      trx
        .updateTable('connections')
        .set({ state, version: epoch })
        .where('tenant_id', '=', tenantId)
        .where('key', '=', connectionKey)
        .executeTakeFirst(),
  );
}
