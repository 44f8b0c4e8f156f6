import { findTenantByIssuer, identityMigrations, upsertTenant } from '@crossgrant/identity';
import { openDatabase } from '@crossgrant/platform';
import { idpMigrations } from '../store/migrations.ts';
import type { IdpSchema } from '../store/schema.ts';
import { createAdminToken, type NewAdminToken } from './commands/tokens.ts';

/** Makes an admin token in the database of an IdP, beside its process or before its first start. */
export async function addAdminToken(
  { issuer, url, tenantName }: { readonly issuer: string; readonly url: string; readonly tenantName: string },
  input: NewAdminToken,
): Promise<Awaited<ReturnType<typeof createAdminToken>>> {
  const database = await openDatabase<IdpSchema>({
    url,
    migrations: [...identityMigrations, ...idpMigrations],
    writer: 'idp-command',
  });
  try {
    const now = Date.now();
    const tenant =
      (await findTenantByIssuer(database, issuer)) ?? (await upsertTenant(database, { issuer, name: tenantName }, now));
    return await createAdminToken(database, tenant.id, input, now);
  } finally {
    await database.close();
  }
}
