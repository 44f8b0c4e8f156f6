import { newId } from '@crossgrant/protocol';
import type { Transaction } from 'kysely';
import { changeTenant, type IdentityDatabase, queries } from '../store/identity-database.ts';
import type { IdentitySchema } from '../store/schema.ts';

export interface Group {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
}

export async function listGroups(database: IdentityDatabase, tenantId: string): Promise<readonly Group[]> {
  const rows = await queries(database)
    .selectFrom('groups')
    .select(['id', 'name'])
    .where('tenant_id', '=', tenantId)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ ...row, tenantId }));
}

/** The group of a name, made when it does not exist. */
export async function upsertGroup(
  database: IdentityDatabase,
  tenantId: string,
  name: string,
  now: number,
): Promise<{ readonly id: string; readonly isChanged: boolean }> {
  const known = await queries(database)
    .selectFrom('groups')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('name', '=', name)
    .executeTakeFirst();
  if (known !== undefined) return { id: known.id, isChanged: false };
  const id = await changeTenant(database, tenantId, (trx, epoch) => ensureGroup(trx, { tenantId, name, now, epoch }));
  return { id, isChanged: true };
}

/** Makes the person a member of exactly these groups. */
export async function setGroupsOfPerson(
  trx: Transaction<IdentitySchema>,
  change: {
    readonly tenantId: string;
    readonly userId: string;
    readonly names: readonly string[];
    readonly now: number;
    readonly epoch: number;
  },
): Promise<void> {
  const { tenantId, userId, now, epoch } = change;
  const wanted = new Set<string>();
  for (const name of new Set(change.names)) wanted.add(await ensureGroup(trx, { tenantId, name, now, epoch }));

  const present = await trx
    .selectFrom('group_members')
    .select('group_id')
    .where('tenant_id', '=', tenantId)
    .where('user_id', '=', userId)
    .execute();
  for (const { group_id: groupId } of present) {
    if (!wanted.delete(groupId))
      await trx.deleteFrom('group_members').where('group_id', '=', groupId).where('user_id', '=', userId).execute();
  }
  for (const groupId of wanted) {
    await trx
      .insertInto('group_members')
      .values({ tenant_id: tenantId, group_id: groupId, user_id: userId, version: epoch })
      .execute();
  }
}

/** The id of the group of a name, made inside a change when it does not exist. */
export async function ensureGroup(
  trx: Transaction<IdentitySchema>,
  group: { readonly tenantId: string; readonly name: string; readonly now: number; readonly epoch: number },
): Promise<string> {
  const row = await trx
    .insertInto('groups')
    .values({
      id: newId('grp', group.now),
      tenant_id: group.tenantId,
      name: group.name,
      created_at: group.now,
      version: group.epoch,
    })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'name']).doUpdateSet({ name: group.name }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return row.id;
}
