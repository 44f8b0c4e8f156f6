import type { Selectable } from 'kysely';
import type { IdpSchema } from '../../store/schema.ts';
import { instant, optionalInstant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import {
  groupNamesOf,
  listGroupRows,
  listPersonRows,
  listSessionRows,
  type PeopleFilter,
} from '../store/people-lists.ts';
import type { Reads } from '../store/reads.ts';

export interface PersonView {
  readonly id: string;
  readonly username: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** Names of groups, sorted. */
  readonly groups: readonly string[];
  readonly state: 'active' | 'disabled';
  readonly hasPassword: boolean;
  /** Nothing that was authenticated before this instant counts. */
  readonly accessEndedAt: string | null;
  readonly createdAt: string;
}

export async function listPersonViews(
  kysely: Reads,
  tenantId: string,
  options: { filter: PeopleFilter; page: PageRequest },
): Promise<Page<PersonView>> {
  const page = toPage(await listPersonRows(kysely, tenantId, options), options.page.limit, ({ id }) => [id]);
  const views = await viewPeople(kysely, tenantId, page.items);
  return mapPage(page, () => views);
}

export async function findPersonView(kysely: Reads, tenantId: string, id: string): Promise<PersonView | undefined> {
  const row = await kysely
    .selectFrom('users')
    .selectAll()
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (await viewPeople(kysely, tenantId, [row]))[0];
}

async function viewPeople(
  kysely: Reads,
  tenantId: string,
  rows: readonly Selectable<IdpSchema['users']>[],
): Promise<readonly PersonView[]> {
  const groups = await groupNamesOf(
    kysely,
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({
    id: row.id,
    username: row.username,
    name: row.name,
    email: row.email,
    emailVerified: row.email_verified === 1,
    groups: groups.get(row.id) ?? [],
    state: row.state,
    hasPassword: row.password_hash !== null,
    accessEndedAt: optionalInstant(row.revoked_before),
    createdAt: instant(row.created_at),
  }));
}

export interface SessionView {
  readonly sid: string;
  readonly client: string;
  readonly person: string;
  readonly authenticatedAt: string;
  readonly acr: string | null;
  readonly amr: readonly string[];
  readonly address: string | null;
  readonly expiresAt: string;
  readonly endedAt: string | null;
}

export async function listSessionViews(
  kysely: Reads,
  tenantId: string,
  options: { userId: string; page: PageRequest },
): Promise<Page<SessionView>> {
  const page = toPage(await listSessionRows(kysely, tenantId, options), options.page.limit, ({ sid }) => [sid]);
  return mapPage(page, (rows) => rows.map(viewSession));
}

export async function findSessionView(kysely: Reads, tenantId: string, sid: string): Promise<SessionView | undefined> {
  const row = await kysely
    .selectFrom('sessions')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('sid', '=', sid)
    .executeTakeFirst();
  return row && viewSession(row);
}

function viewSession(row: Selectable<IdpSchema['sessions']>): SessionView {
  return {
    sid: row.sid,
    client: row.client_id,
    person: row.user_id,
    authenticatedAt: instant(row.auth_time_seconds * 1000),
    acr: row.acr,
    amr: JSON.parse(row.amr) as string[],
    address: row.address,
    expiresAt: instant(row.expires_at),
    endedAt: optionalInstant(row.ended_at),
  };
}

export interface GroupView {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
}

export async function listGroupViews(
  kysely: Reads,
  tenantId: string,
  options: { q?: string; page: PageRequest },
): Promise<Page<GroupView>> {
  const page = toPage(await listGroupRows(kysely, tenantId, options), options.page.limit, ({ id }) => [id]);
  return mapPage(page, (rows) => rows.map(viewGroup));
}

export async function findGroupView(kysely: Reads, tenantId: string, id: string): Promise<GroupView | undefined> {
  const row = await kysely
    .selectFrom('groups')
    .select(['id', 'name', 'created_at'])
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  return row && viewGroup(row);
}

function viewGroup(row: { id: string; name: string; created_at: number }): GroupView {
  return { id: row.id, name: row.name, createdAt: instant(row.created_at) };
}
