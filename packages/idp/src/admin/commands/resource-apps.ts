import { newId, parseIssuerUrl } from '@crossgrant/protocol';
import { resourceAppContent, resourceContent } from '../../apply/policy-rows.ts';
import { writeResourceAppState } from '../../commands/apps.ts';
import type { PolicyChange } from '../../commands/change.ts';
import type { ResourceAppConfig, ResourceConfig } from '../../config.ts';
import { difference, withoutAbsent } from '../domain/patch.ts';
import { invalid, type Outcome, problem } from '../domain/problem.ts';
import { findResourceAppView, type ResourceAppView } from '../queries/resource-apps.ts';
import { type Act, type AdminDeps, type At, changeObject, Refused } from './change-object.ts';

export interface NewResourceApp extends Omit<ResourceAppConfig, 'id' | 'state'> {
  readonly key: string;
}

/** The issuer, the key and the form of subjects stand for good: recorded subjects and connections rest on them. */
export type ResourceAppPatch = Partial<Pick<NewResourceApp, 'aliases' | 'signingAlgorithm' | 'tags' | 'resources'>> & {
  readonly name?: string | null;
  readonly tenantClaim?: string | null;
};

const audited = [
  'key',
  'name',
  'issuer',
  'aliases',
  'signingAlgorithm',
  'subject',
  'tenantClaim',
  'tags',
  'state',
  'resources',
] as const;

export function createResourceApp(deps: AdminDeps, act: Act, app: NewResourceApp): Promise<Outcome<ResourceAppView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: 'resource-app/added',
    write: async (trx, _before, at) => {
      const { tenantId, development } = deps;
      if (!parseIssuerUrl(app.issuer, { allowHttpLoopback: development }).ok)
        throw new Refused(invalid('issuer', 'must be an https URL without query and fragment.')); // MET-05
      const taken = await trx
        .selectFrom('resource_apps')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where((e) => e.or([e('key', '=', app.key), e('issuer', '=', app.issuer)]))
        .executeTakeFirst();
      if (taken !== undefined)
        throw new Refused(problem('admin/conflict', { detail: 'Another resource app has this key or this issuer.' }));
      const id = newId('rap', at.now);
      const content = resourceAppContent({ ...app, id: app.key });
      await trx
        .insertInto('resource_apps')
        .values({
          ...content,
          id,
          tenant_id: tenantId,
          state: 'active',
          stated_state: null,
          applied: null,
          created_at: at.now,
          version: at.epoch,
        })
        .execute();
      await writeResources(deps, trx, { appId: id, resources: app.resources, at });
      return id;
    },
  });
}

export function updateResourceApp(
  deps: AdminDeps,
  act: Act,
  id: string,
  patch: ResourceAppPatch,
): Promise<Outcome<ResourceAppView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: 'resource-app/changed',
    id,
    write: async (trx, before, at) => {
      if (before === undefined) throw new Refused(problem('admin/not-found'));
      const was = resourceAppContent(configOf(before));
      const is = resourceAppContent(configOf({ ...before, ...withoutAbsent(patch) }));
      await trx
        .updateTable('resource_apps')
        .set({ ...difference(was, is), version: at.epoch })
        .where('tenant_id', '=', deps.tenantId)
        .where('id', '=', id)
        .execute();
      if (patch.resources !== undefined) await writeResources(deps, trx, { appId: id, resources: patch.resources, at });
      return id;
    },
  });
}

export function setResourceApp(
  deps: AdminDeps,
  act: Act,
  id: string,
  state: 'active' | 'disabled',
): Promise<Outcome<ResourceAppView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: `resource-app/${state}`,
    id,
    write: async (trx, before, { epoch }) => {
      await writeResourceAppState(trx, { tenantId: deps.tenantId, key: before?.key ?? '', state, epoch });
      return id;
    },
  });
}

/** Brings the resources of an app to a list. One that a connection still names stays, and the change is refused. */
async function writeResources(
  { tenantId }: AdminDeps,
  trx: PolicyChange,
  { appId, resources, at }: { appId: string; resources: readonly ResourceConfig[]; at: At },
): Promise<void> {
  const stored = await trx
    .selectFrom('resources')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('resource_app_id', '=', appId)
    .execute();
  const connections = await trx
    .selectFrom('connections')
    .select(['key', 'resources'])
    .where('tenant_id', '=', tenantId)
    .where('resource_app_id', '=', appId)
    .execute();
  const wanted = new Set(resources.map(({ identifier }) => identifier));
  if (wanted.size < resources.length) throw new Refused(invalid('resources', 'names one identifier twice.'));
  for (const { identifier } of stored.filter((row) => !wanted.has(row.identifier))) {
    const user = connections.find((row) => (JSON.parse(row.resources) as string[]).includes(identifier));
    if (user !== undefined)
      throw new Refused(problem('admin/conflict', { detail: `The connection ${user.key} reaches ${identifier}.` }));
    await trx
      .deleteFrom('resources')
      .where('tenant_id', '=', tenantId)
      .where('resource_app_id', '=', appId)
      .where('identifier', '=', identifier)
      .execute();
  }
  for (const resource of resources) {
    const content = resourceContent(resource, appId);
    const { identifier } = content;
    if (!stored.some((row) => row.identifier === identifier)) {
      await trx
        .insertInto('resources')
        .values({ ...content, tenant_id: tenantId, applied: null, created_at: at.now, version: at.epoch })
        .execute();
      continue;
    }
    await trx
      .updateTable('resources')
      .set({ ...content, version: at.epoch })
      .where('tenant_id', '=', tenantId)
      .where('resource_app_id', '=', appId)
      .where('identifier', '=', identifier)
      .execute();
  }
}

function configOf(view: Omit<ResourceAppView, 'resources'>): ResourceAppConfig {
  return {
    id: view.key,
    name: view.name ?? undefined,
    issuer: view.issuer,
    aliases: view.aliases,
    signingAlgorithm: view.signingAlgorithm,
    subject: view.subject,
    tenantClaim: view.tenantClaim ?? undefined,
    tags: view.tags,
    resources: [],
  };
}

function object({ tenantId }: AdminDeps): {
  audited: typeof audited;
  read(trx: PolicyChange, id: string): Promise<ResourceAppView | undefined>;
} {
  return { audited, read: (trx, id) => findResourceAppView(trx, tenantId, id) };
}
