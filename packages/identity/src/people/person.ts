import { type IdentityDatabase, type IdentityQueries, queries } from '../store/identity-database.ts';
import type { UserRow } from '../store/schema.ts';
import { normalizeLoginIdentifier } from './login-identifier.ts';

export interface Person {
  /** Also the subject of the person's ID tokens. */
  readonly id: string;
  readonly tenantId: string;
  readonly username: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly name?: string;
  readonly state: 'active' | 'disabled';
  /** Milliseconds; nothing authenticated before this instant counts. */
  readonly revokedBefore?: number;
  /** Names of groups, sorted. */
  readonly groups: readonly string[];
  readonly version: number;
}

export async function findPerson(
  database: IdentityDatabase,
  tenantId: string,
  id: string,
): Promise<Person | undefined> {
  const people = await readPeople(queries(database), tenantId, { id });
  return people[0];
}

/** The person a typed name stands for, whichever of the person's names it is. */
export async function findPersonByLogin(
  database: IdentityDatabase,
  tenantId: string,
  typed: string,
): Promise<Person | undefined> {
  const identifier = normalizeLoginIdentifier(typed);
  if (identifier === undefined) return undefined;
  const row = await queries(database)
    .selectFrom('login_identifiers')
    .select('user_id')
    .where('tenant_id', '=', tenantId)
    .where('identifier', '=', identifier)
    .executeTakeFirst();
  return row === undefined ? undefined : findPerson(database, tenantId, row.user_id);
}

/** Everybody, or only those changed after an epoch: what a snapshot loads, and then follows. */
export function listPeople(
  database: IdentityDatabase,
  tenantId: string,
  changedAfter = -1,
): Promise<readonly Person[]> {
  return readPeople(queries(database), tenantId, { changedAfter });
}

export async function readPeople(
  kysely: IdentityQueries,
  tenantId: string,
  filter: { readonly id?: string; readonly changedAfter?: number },
): Promise<readonly Person[]> {
  let users = kysely.selectFrom('users').selectAll().where('tenant_id', '=', tenantId);
  let members = kysely
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.id', 'group_members.group_id')
    .select(['group_members.user_id as userId', 'groups.name as name'])
    .where('group_members.tenant_id', '=', tenantId)
    .orderBy('groups.name');
  if (filter.id !== undefined) {
    users = users.where('id', '=', filter.id);
    members = members.where('group_members.user_id', '=', filter.id);
  }
  const changedAfter = filter.changedAfter;
  if (changedAfter !== undefined && changedAfter >= 0) {
    users = users.where('version', '>', changedAfter);
    members = members.where((e) =>
      e(
        'group_members.user_id',
        'in',
        e
          .selectFrom('users')
          .select('users.id')
          .where('users.tenant_id', '=', tenantId)
          .where('users.version', '>', changedAfter),
      ),
    );
  }
  const groups = Map.groupBy(await members.execute(), (member) => member.userId);
  return (await users.execute()).map((row) => toPerson(row, groups.get(row.id)?.map((member) => member.name) ?? []));
}

function toPerson(row: UserRow, groups: readonly string[]): Person {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    username: row.username,
    email: row.email ?? undefined,
    emailVerified: row.email_verified === 1,
    name: row.name ?? undefined,
    state: row.state === 'active' ? 'active' : 'disabled', // LES-20
    revokedBefore: row.revoked_before ?? undefined,
    groups,
    version: row.version,
  };
}
