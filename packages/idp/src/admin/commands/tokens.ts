import { changeScope, Misuse } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { IdpDatabase } from '../../store/schema.ts';
import { adminTokenHash, newAdminToken } from '../domain/admin-token.ts';
import type { Outcome } from '../domain/problem.ts';
import type { AdminRole } from '../domain/roles.ts';
import { findTokenView, type TokenView } from '../queries/tokens.ts';
import type { Reads } from '../store/reads.ts';
import { type Act, type AdminDeps, changeObject } from './change-object.ts';

export interface NewAdminToken {
  readonly name: string;
  readonly role: AdminRole;
  readonly lifetimeMs: number;
  /** Client ids and keys of resource apps; for an app owner, and then at least one. */
  readonly clientApps: readonly string[];
  readonly resourceApps: readonly string[];
}

/**
 * Makes an admin token. This is done by whoever runs the server, on its machine: the API itself makes none, so that no
 * token can breed others. The token is returned once and stored nowhere.
 */
export async function createAdminToken(
  database: IdpDatabase,
  tenantId: string,
  input: NewAdminToken,
  now: number,
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: number }> {
  const isLimited = input.clientApps.length + input.resourceApps.length > 0;
  if (isLimited !== (input.role === 'app_owner'))
    throw new Misuse('admin-token/apps', 'An app owner names at least one app, and no other role names any.');
  const token = newAdminToken();
  const expiresAt = now + input.lifetimeMs;
  return changeScope(database, tenantId, async (trx, _epoch, audit) => {
    const clientApps = await appIds(trx, tenantId, 'client_apps', input.clientApps);
    const resourceApps = await appIds(trx, tenantId, 'resource_apps', input.resourceApps);
    const id = newId('adt', now);
    await trx
      .insertInto('admin_tokens')
      .values({
        id,
        tenant_id: tenantId,
        hash: adminTokenHash(token),
        name: input.name,
        role: input.role,
        client_apps: JSON.stringify(clientApps),
        resource_apps: JSON.stringify(resourceApps),
        created_at: now,
        expires_at: expiresAt,
        revoked_at: null,
        last_used_at: null,
      })
      .execute();
    audit({
      id: newId('aud', now),
      scope: tenantId,
      at: now,
      kind: 'change',
      outcome: 'done',
      code: 'admin-token/added',
      facts: { object: id, role: input.role, expiresAt, clientApps, resourceApps },
      personal: { person: 'command-line' },
    });
    return { id, token, expiresAt };
  });
}

/** Ends an admin token with the next request. */
export function revokeAdminToken(deps: AdminDeps, act: Act, id: string): Promise<Outcome<TokenView>> {
  const { tenantId } = deps;
  return changeObject<TokenView>(deps, act, {
    audited: ['role', 'revokedAt'],
    read: (trx, tokenId) => findTokenView(trx, tenantId, tokenId),
    code: 'admin-token/revoked',
    id,
    write: async (trx, before, { now }) => {
      if (before?.revokedAt === null)
        await trx
          .updateTable('admin_tokens')
          .set({ revoked_at: now })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .execute();
      return id;
    },
  });
}

async function appIds(
  kysely: Reads,
  tenantId: string,
  table: 'client_apps' | 'resource_apps',
  names: readonly string[],
): Promise<readonly string[]> {
  const found =
    table === 'client_apps'
      ? await kysely
          .selectFrom('client_apps')
          .select(['id', 'client_id as name'])
          .where('tenant_id', '=', tenantId)
          .where('client_id', 'in', ['', ...names])
          .execute()
      : await kysely
          .selectFrom('resource_apps')
          .select(['id', 'key as name'])
          .where('tenant_id', '=', tenantId)
          .where('key', 'in', ['', ...names])
          .execute();
  const missing = names.find((name) => !found.some((row) => row.name === name));
  if (missing !== undefined)
    throw new Misuse(
      'admin-token/app',
      `There is no ${table === 'client_apps' ? 'client app' : 'resource app'} called ${missing} yet.`,
    );
  return found.map(({ id }) => id);
}
