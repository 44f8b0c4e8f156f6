import type { Selectable } from 'kysely';
import type { ResourceAppRow } from '../../store/schema.ts';
import type { Scope } from '../domain/admin.ts';
import { instant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { listResourceAppRows, listResourceRows, type ResourceAppFilter } from '../store/policy-lists.ts';
import type { Reads } from '../store/reads.ts';

export interface ScopeView {
  readonly risk: 'read' | 'write' | 'destructive' | 'admin';
  readonly version: number;
  readonly description?: string;
}

export interface ResourceView {
  readonly identifier: string;
  readonly name: string | null;
  readonly scopes: Readonly<Record<string, ScopeView>>;
  readonly tags: readonly string[];
}

export interface ResourceAppView {
  readonly id: string;
  readonly key: string;
  readonly name: string | null;
  readonly issuer: string;
  readonly aliases: readonly string[];
  readonly signingAlgorithm: ResourceAppRow['signing_algorithm'];
  readonly subject: 'public' | 'pairwise';
  readonly tenantClaim: string | null;
  readonly tags: readonly string[];
  readonly state: 'active' | 'disabled';
  readonly resources: readonly ResourceView[];
  readonly createdAt: string;
}

export async function listResourceAppViews(
  kysely: Reads,
  tenantId: string,
  options: { filter: ResourceAppFilter; scope: Scope; page: PageRequest },
): Promise<Page<ResourceAppView>> {
  const page = toPage(await listResourceAppRows(kysely, tenantId, options), options.page.limit, ({ id }) => [id]);
  const views = await viewResourceApps(kysely, tenantId, page.items);
  return mapPage(page, () => views);
}

export async function findResourceAppView(
  kysely: Reads,
  tenantId: string,
  id: string,
): Promise<ResourceAppView | undefined> {
  const row = await kysely
    .selectFrom('resource_apps')
    .selectAll()
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (await viewResourceApps(kysely, tenantId, [row]))[0];
}

async function viewResourceApps(
  kysely: Reads,
  tenantId: string,
  rows: readonly Selectable<ResourceAppRow>[],
): Promise<readonly ResourceAppView[]> {
  const ids = rows.map(({ id }) => id);
  const resources = Map.groupBy(await listResourceRows(kysely, tenantId, ids), (row) => row.resource_app_id);
  return rows.map((row) => ({
    id: row.id,
    key: row.key,
    name: row.name,
    issuer: row.issuer,
    aliases: JSON.parse(row.aliases) as string[],
    signingAlgorithm: row.signing_algorithm,
    subject: row.subject_mode,
    tenantClaim: row.tenant_claim,
    tags: JSON.parse(row.tags) as string[],
    state: row.state,
    resources: (resources.get(row.id) ?? []).map((resource) => ({
      identifier: resource.identifier,
      name: resource.name,
      scopes: JSON.parse(resource.scopes) as Record<string, ScopeView>,
      tags: JSON.parse(resource.tags) as string[],
    })),
    createdAt: instant(row.created_at),
  }));
}
