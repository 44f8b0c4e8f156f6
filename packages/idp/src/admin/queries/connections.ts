import type { Selectable } from 'kysely';
import type { ConnectionRow, ResourceRow } from '../../store/schema.ts';
import type { Scope } from '../domain/admin.ts';
import { instant, optionalInstant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { type ConnectionFilter, listConnectionRows, listResourceRows } from '../store/policy-lists.ts';
import type { Reads } from '../store/reads.ts';
import type { ScopeView } from './resource-apps.ts';

export interface ConnectionView {
  readonly id: string;
  /** `client/resourceApp`, as a world file writes it. */
  readonly key: string;
  readonly clientApp: string;
  readonly resourceApp: string;
  readonly resourceClientId: string;
  readonly resources: readonly string[];
  readonly defaultResource: string | null;
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];
  /** Scopes that mean something else now than when they were approved: they are not granted until approved again. */
  readonly changedScopes: readonly string[];
  readonly state: 'pending' | 'approved' | 'blocked';
  readonly accountLink: 'sub' | 'email';
  readonly lifetimeSeconds: number;
  readonly dpopRequired: boolean;
  readonly owner: string | null;
  readonly purpose: string | null;
  readonly reviewAt: string | null;
  readonly expiresAt: string | null;
  readonly createdAt: string;
}

export async function listConnectionViews(
  kysely: Reads,
  tenantId: string,
  options: { filter: ConnectionFilter; scope: Scope; page: PageRequest },
): Promise<Page<ConnectionView>> {
  const page = toPage(await listConnectionRows(kysely, tenantId, options), options.page.limit, ({ id }) => [id]);
  const views = await viewConnections(kysely, tenantId, page.items);
  return mapPage(page, () => views);
}

export async function findConnectionView(
  kysely: Reads,
  tenantId: string,
  id: string,
): Promise<ConnectionView | undefined> {
  const row = await kysely
    .selectFrom('connections')
    .selectAll()
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (await viewConnections(kysely, tenantId, [row]))[0];
}

async function viewConnections(
  kysely: Reads,
  tenantId: string,
  rows: readonly Selectable<ConnectionRow>[],
): Promise<readonly ConnectionView[]> {
  const appIds = [...new Set(rows.map((row) => row.resource_app_id))];
  const resources = Map.groupBy(await listResourceRows(kysely, tenantId, appIds), (row) => row.resource_app_id);
  return rows.map((row) => {
    const approved = JSON.parse(row.scopes) as Record<string, number>;
    const current = currentVersions(resources.get(row.resource_app_id) ?? []);
    return {
      id: row.id,
      key: row.key,
      clientApp: row.client_app_id,
      resourceApp: row.resource_app_id,
      resourceClientId: row.resource_client_id,
      resources: JSON.parse(row.resources) as string[],
      defaultResource: row.default_resource,
      scopes: Object.keys(approved),
      defaultScopes: JSON.parse(row.default_scopes) as string[],
      changedScopes: Object.entries(approved)
        .filter(([scope, version]) => (current.get(scope) ?? 1) > version)
        .map(([scope]) => scope),
      state: row.state,
      accountLink: row.account_link,
      lifetimeSeconds: row.lifetime_seconds,
      dpopRequired: row.dpop_required !== 0,
      owner: row.owner,
      purpose: row.reason,
      reviewAt: optionalInstant(row.review_at),
      expiresAt: optionalInstant(row.expires_at),
      createdAt: instant(row.created_at),
    };
  });
}

function currentVersions(resources: readonly Selectable<ResourceRow>[]): ReadonlyMap<string, number> {
  const versions = new Map<string, number>();
  for (const resource of resources) {
    const scopes = JSON.parse(resource.scopes) as Record<string, ScopeView>;
    for (const [scope, { version }] of Object.entries(scopes))
      versions.set(scope, Math.max(versions.get(scope) ?? 1, version));
  }
  return versions;
}
