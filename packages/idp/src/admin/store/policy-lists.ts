import { type Selectable, sql } from 'kysely';
import type { ConnectionRow, ResourceAppRow, ResourceRow, RuleRow } from '../../store/schema.ts';
import type { Scope } from '../domain/admin.ts';
import type { PageRequest } from '../domain/page.ts';
import { containing, type Reads } from './reads.ts';

type ClientAppRow = Selectable<import('../../store/schema.ts').IdpSchema['client_apps']>;

export interface ClientAppFilter {
  readonly q?: string;
  readonly state?: 'active' | 'blocked';
}

/** A page of client apps by id, one row more than asked for if there are more. The same holds for every list here. */
export async function listClientAppRows(
  kysely: Reads,
  tenantId: string,
  { filter, scope, page }: { filter: ClientAppFilter; scope: Scope; page: PageRequest },
): Promise<readonly ClientAppRow[]> {
  let rows = kysely.selectFrom('client_apps').selectAll().where('tenant_id', '=', tenantId);
  if (scope.kind === 'own') rows = rows.where('id', 'in', orNothing(scope.clientApps));
  if (filter.state !== undefined) rows = rows.where('state', '=', filter.state);
  if (filter.q !== undefined) {
    const pattern = containing(filter.q);
    rows = rows.where(
      sql<boolean>`(lower(name) like ${pattern} escape '!' or lower(client_id) like ${pattern} escape '!')`,
    );
  }
  if (page.after !== undefined) rows = rows.where('id', '>', String(page.after[0]));
  return rows
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

export interface ResourceAppFilter {
  readonly q?: string;
  readonly state?: 'active' | 'disabled';
}

export async function listResourceAppRows(
  kysely: Reads,
  tenantId: string,
  { filter, scope, page }: { filter: ResourceAppFilter; scope: Scope; page: PageRequest },
): Promise<readonly Selectable<ResourceAppRow>[]> {
  let rows = kysely.selectFrom('resource_apps').selectAll().where('tenant_id', '=', tenantId);
  if (scope.kind === 'own') rows = rows.where('id', 'in', orNothing(scope.resourceApps));
  if (filter.state !== undefined) rows = rows.where('state', '=', filter.state);
  if (filter.q !== undefined) {
    const pattern = containing(filter.q);
    rows = rows.where(
      sql<boolean>`(lower(coalesce(name, '')) like ${pattern} escape '!' or lower(key) like ${pattern} escape '!' or lower(issuer) like ${pattern} escape '!')`,
    );
  }
  if (page.after !== undefined) rows = rows.where('id', '>', String(page.after[0]));
  return rows
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

export function listResourceRows(
  kysely: Reads,
  tenantId: string,
  resourceAppIds: readonly string[],
): Promise<readonly Selectable<ResourceRow>[]> {
  return kysely
    .selectFrom('resources')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('resource_app_id', 'in', orNothing(resourceAppIds))
    .orderBy('resource_app_id')
    .orderBy('identifier')
    .execute();
}

export interface ConnectionFilter {
  readonly state?: 'pending' | 'approved' | 'blocked';
  readonly clientApp?: string;
  readonly resourceApp?: string;
}

export async function listConnectionRows(
  kysely: Reads,
  tenantId: string,
  { filter, scope, page }: { filter: ConnectionFilter; scope: Scope; page: PageRequest },
): Promise<readonly Selectable<ConnectionRow>[]> {
  let rows = kysely.selectFrom('connections').selectAll().where('tenant_id', '=', tenantId);
  if (scope.kind === 'own')
    rows = rows.where((e) =>
      e.or([
        e('client_app_id', 'in', orNothing(scope.clientApps)),
        e('resource_app_id', 'in', orNothing(scope.resourceApps)),
      ]),
    );
  if (filter.state !== undefined) rows = rows.where('state', '=', filter.state);
  if (filter.clientApp !== undefined) rows = rows.where('client_app_id', '=', filter.clientApp);
  if (filter.resourceApp !== undefined) rows = rows.where('resource_app_id', '=', filter.resourceApp);
  if (page.after !== undefined) rows = rows.where('id', '>', String(page.after[0]));
  return rows
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

export interface RuleFilter {
  readonly effect?: 'allow' | 'deny';
  readonly state?: 'active' | 'disabled';
  readonly q?: string;
}

export async function listRuleRows(
  kysely: Reads,
  tenantId: string,
  { filter, page }: { filter: RuleFilter; page: PageRequest },
): Promise<readonly Selectable<RuleRow>[]> {
  let rows = kysely.selectFrom('rules').selectAll().where('tenant_id', '=', tenantId);
  if (filter.effect !== undefined) rows = rows.where('effect', '=', filter.effect);
  if (filter.state !== undefined) rows = rows.where('state', '=', filter.state);
  if (filter.q !== undefined) rows = rows.where(sql<boolean>`lower(key) like ${containing(filter.q)} escape '!'`);
  if (page.after !== undefined) rows = rows.where('id', '>', String(page.after[0]));
  return rows
    .orderBy('id')
    .limit(page.limit + 1)
    .execute();
}

/** An empty list is no SQL; nothing has the empty id. */
function orNothing(ids: readonly string[]): readonly string[] {
  return ids.length === 0 ? [''] : ids;
}
