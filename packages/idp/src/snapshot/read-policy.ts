import type { PolicyIndex } from '../domain/policy/compile.ts';
import type { Resource, ResourceApp } from '../domain/policy/model.ts';
import { readConnection, readResource, readResourceApp, readRule } from '../store/policy-rows.ts';
import type { IdpDatabase } from '../store/schema.ts';

/** What changed in the policy of a tenant after `version`, read but not yet applied. */
export interface PolicyChanges {
  readonly resourceApps: readonly ResourceApp[];
  apply(index: PolicyIndex): void;
}

/**
 * Reads the rows that are newer than `version`. A resource app is read whole when it or one of its resources changed.
 * A row that cannot be read fails the whole reading: the last good state stays, and with it an epoch that no longer
 * stands.
 */
export async function readPolicyChanges(
  { kysely }: IdpDatabase,
  tenantId: string,
  version: number,
): Promise<PolicyChanges> {
  const changedApps = await kysely
    .selectFrom('resource_apps')
    .select('id')
    .where('tenant_id', '=', tenantId)
    .where('version', '>', version)
    .execute();
  const changedResources = await kysely
    .selectFrom('resources')
    .select('resource_app_id')
    .where('tenant_id', '=', tenantId)
    .where('version', '>', version)
    .execute();
  const appIds = new Set([...changedApps.map(({ id }) => id), ...changedResources.map((row) => row.resource_app_id)]);
  const resourceApps = await readResourceApps(kysely, tenantId, [...appIds]);
  const connections = (
    await kysely
      .selectFrom('connections')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('version', '>', version)
      .execute()
  ).map(readConnection);
  const rules = (
    await kysely
      .selectFrom('rules')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('version', '>', version)
      .execute()
  ).map(readRule);

  return {
    resourceApps,
    apply(index) {
      for (const app of resourceApps) index.putResourceApp(app);
      for (const connection of connections) index.putConnection(connection);
      for (const rule of rules) index.putRule(rule);
    },
  };
}

async function readResourceApps(
  kysely: IdpDatabase['kysely'],
  tenantId: string,
  ids: readonly string[],
): Promise<ResourceApp[]> {
  const apps: ResourceApp[] = [];
  for (let start = 0; start < ids.length; start += 500) {
    const some = ids.slice(start, start + 500);
    const rows = await kysely
      .selectFrom('resource_apps')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('id', 'in', some)
      .execute();
    const resources = await kysely
      .selectFrom('resources')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .where('resource_app_id', 'in', some)
      .execute();
    for (const row of rows) {
      const own = resources
        .filter((resource) => resource.resource_app_id === row.id)
        .map((resource): [string, Resource] => [resource.identifier, readResource(resource)]);
      apps.push(readResourceApp(row, new Map(own)));
    }
  }
  return apps;
}
