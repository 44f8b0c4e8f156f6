import { type Selectable, sql } from 'kysely';
import type { IdpSchema } from '../../store/schema.ts';
import type { PageRequest } from '../domain/page.ts';
import { containing, type Reads } from './reads.ts';

export interface PeopleFilter {
  /** Part of a user name, a name or an address. */
  readonly q?: string;
  readonly state?: 'active' | 'disabled';
  /** The id of a group. */
  readonly group?: string;
}

export async function listPersonRows(
  kysely: Reads,
  tenantId: string,
  { filter, page }: { filter: PeopleFilter; page: PageRequest },
): Promise<readonly Selectable<IdpSchema['users']>[]> {
  let rows = kysely.selectFrom('users').selectAll().where('tenant_id', '=', tenantId);
  if (filter.state !== undefined) rows = rows.where('state', '=', filter.state);
  if (filter.group !== undefined) {
    const members = kysely
      .selectFrom('group_members')
      .select('user_id')
      .where('tenant_id', '=', tenantId)
      .where('group_id', '=', filter.group);
    rows = rows.where('id', 'in', members);
  }
  if (filter.q !== undefined) {
    const pattern = containing(filter.q);
    rows = rows.where(
      sql<boolean>`(lower(username) like ${pattern} escape '!' or lower(coalesce(name, '')) like ${pattern} escape '!' or lower(coalesce(email, '')) like ${pattern} escape '!')`,
    );
  }
  if (page.after !== undefined) rows = rows.where('id', '>', String(page.after[0]));
  return rows
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

/** The names of the groups of some people, sorted. */
export async function groupNamesOf(
  kysely: Reads,
  tenantId: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (userIds.length === 0) return new Map();
  const rows = await kysely
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select(['group_members.user_id as userId', 'groups.name as name'])
    .where('group_members.tenant_id', '=', tenantId)
    .where('group_members.user_id', 'in', userIds)
    .orderBy('groups.name')
    .execute();
  const names = new Map<string, string[]>();
  for (const { userId, name } of rows) names.set(userId, [...(names.get(userId) ?? []), name]);
  return names;
}

export async function listGroupRows(
  kysely: Reads,
  tenantId: string,
  { q, page }: { q?: string; page: PageRequest },
): Promise<readonly { id: string; name: string; created_at: number }[]> {
  let rows = kysely.selectFrom('groups').select(['id', 'name', 'created_at']).where('tenant_id', '=', tenantId);
  if (q !== undefined) rows = rows.where(sql<boolean>`lower(name) like ${containing(q)} escape '!'`);
  if (page.after !== undefined) rows = rows.where('id', '>', String(page.after[0]));
  return rows
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

export async function listSessionRows(
  kysely: Reads,
  tenantId: string,
  { userId, page }: { userId: string; page: PageRequest },
): Promise<readonly Selectable<IdpSchema['sessions']>[]> {
  let rows = kysely.selectFrom('sessions').selectAll().where('tenant_id', '=', tenantId).where('user_id', '=', userId);
  if (page.after !== undefined) rows = rows.where('sid', '>', String(page.after[0]));
  return rows
    .orderBy('sid')
    .limit(page.limit + 1)
    .execute();
}
