import { newId } from '@crossgrant/protocol';
import { changeTenant, type IdentityDatabase, queries } from './identity-database.ts';

export interface Tenant {
  readonly id: string;
  readonly issuer: string;
  readonly name: string;
}

export async function findTenantByIssuer(database: IdentityDatabase, issuer: string): Promise<Tenant | undefined> {
  return queries(database)
    .selectFrom('tenants')
    .select(['id', 'issuer', 'name'])
    .where('issuer', '=', issuer)
    .executeTakeFirst();
}

/** The tenant of an issuer, made when it does not exist. Its issuer never changes; its name may. */
export async function upsertTenant(
  database: IdentityDatabase,
  input: { readonly issuer: string; readonly name: string },
  now: number,
): Promise<Tenant & { readonly isChanged: boolean }> {
  const known = await findTenantByIssuer(database, input.issuer);
  if (known?.name === input.name) return { ...known, isChanged: false };

  const id = known?.id ?? newId('ten', now);
  return changeTenant(database, id, async (trx, epoch) => {
    const row = await trx
      .insertInto('tenants')
      .values({ id, issuer: input.issuer, name: input.name, created_at: now, version: epoch })
      .onConflict((conflict) => conflict.column('issuer').doUpdateSet({ name: input.name, version: epoch }))
      .returning(['id', 'issuer', 'name'])
      .executeTakeFirstOrThrow();
    return { ...row, isChanged: true };
  });
}
