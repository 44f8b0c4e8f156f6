import { newId } from '@crossgrant/protocol';
import { type ConnectionEnds, connectionContent } from '../../apply/policy-rows.ts';
import type { PolicyChange } from '../../commands/change.ts';
import { writeConnectionState } from '../../commands/connections.ts';
import type { ConnectionConfig } from '../../config.ts';
import { hasBothEnds, type Scope } from '../domain/admin.ts';
import { difference, withoutAbsent } from '../domain/patch.ts';
import { invalid, type Outcome, problem } from '../domain/problem.ts';
import { appOwnerRisks } from '../domain/roles.ts';
import { type ConnectionView, findConnectionView } from '../queries/connections.ts';
import { findResourceAppView } from '../queries/resource-apps.ts';
import { type Act, type AdminDeps, changeObject, Refused } from './change-object.ts';

/** Like a connection in a world file, with ids for both ends and without a state: a new one is pending. */
export interface NewConnection extends Omit<ConnectionConfig, 'client' | 'resourceApp' | 'state' | 'reason'> {
  readonly clientApp: string;
  readonly resourceApp: string;
  readonly purpose?: string;
}

type Nullable = 'defaultResource' | 'owner' | 'purpose' | 'reviewAt' | 'expiresAt';
export type ConnectionPatch = Partial<Omit<NewConnection, 'clientApp' | 'resourceApp' | Nullable>> & {
  readonly [Field in Nullable]?: string | null;
};

const audited = [
  'key',
  'clientApp',
  'resourceApp',
  'resourceClientId',
  'resources',
  'defaultResource',
  'scopes',
  'defaultScopes',
  'changedScopes',
  'state',
  'accountLink',
  'lifetimeSeconds',
  'dpopRequired',
  'owner',
  'purpose',
  'reviewAt',
  'expiresAt',
] as const;

/** Makes a pending connection. The right is needed on both ends, and whoever lacks it does not learn what exists. */
export function createConnection(
  deps: AdminDeps,
  act: Act & { readonly scope: Scope },
  connection: NewConnection,
): Promise<Outcome<ConnectionView>> {
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'connection/added',
    write: async (trx, _before, at) => {
      const ends = { clientAppId: connection.clientApp, resourceAppId: connection.resourceApp };
      if (!hasBothEnds(act.scope, ends)) throw new Refused(problem('admin/forbidden')); // LES-67
      const clientId = await clientIdOf(trx, tenantId, connection.clientApp);
      const app = await endsOf(trx, tenantId, ends);
      const { clientApp: _client, purpose, ...rest } = connection;
      const config: ConnectionConfig = {
        ...rest,
        client: clientId,
        resourceApp: app.key,
        state: 'pending',
        reason: purpose,
      };
      checkScopes(act.scope, app, config.scopes, config.defaultScopes);
      const content = connectionContent(config, app, undefined);
      const taken = await trx
        .selectFrom('connections')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('client_app_id', '=', ends.clientAppId)
        .where('resource_app_id', '=', ends.resourceAppId)
        .executeTakeFirst();
      if (taken !== undefined)
        throw new Refused(problem('admin/conflict', { detail: `These two apps have the connection ${taken.id}.` }));
      const id = newId('con', at.now);
      const stored = { id, tenant_id: tenantId, created_at: at.now, version: at.epoch };
      await trx
        .insertInto('connections')
        .values({ ...content, ...stored, state: 'pending', stated_state: null, applied: null })
        .execute();
      return id;
    },
  });
}

export function updateConnection(
  deps: AdminDeps,
  act: Act & { readonly scope: Scope },
  id: string,
  patch: ConnectionPatch,
): Promise<Outcome<ConnectionView>> {
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'connection/changed',
    id,
    write: async (trx, before, at) => {
      const { view, app, approved } = await loaded(trx, tenantId, id, before);
      if (!hasBothEnds(act.scope, app)) throw new Refused(problem('admin/forbidden')); // LES-67
      const next = { ...view, ...withoutAbsent(patch) };
      const was = connectionContent(configOf(view, view), app, approved);
      const is = connectionContent(configOf(next, view), app, approved);
      checkScopes(act.scope, app, next.scopes, next.defaultScopes);
      await trx
        .updateTable('connections')
        .set({ ...difference(was, is), version: at.epoch })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute();
      return id;
    },
  });
}

/**
 * Opens a connection. `acceptChangedScopes` approves its scopes with what they mean today; without it, scopes that
 * changed stay out of what is granted.
 */
export function openConnection(
  deps: AdminDeps,
  act: Act & { readonly scope: Scope },
  id: string,
  { acceptChangedScopes }: { readonly acceptChangedScopes: boolean },
): Promise<Outcome<ConnectionView>> {
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'connection/approved',
    id,
    write: async (trx, before, { epoch }) => {
      const { view, app } = await loaded(trx, tenantId, id, before);
      if (!hasBothEnds(act.scope, app)) throw new Refused(problem('admin/forbidden')); // LES-67
      checkScopes(act.scope, app, view.scopes, undefined);
      if (acceptChangedScopes) {
        const { scopes } = connectionContent(configOf(view, view), app, undefined);
        await trx
          .updateTable('connections')
          .set({ scopes })
          .where('tenant_id', '=', tenantId)
          .where('id', '=', id)
          .execute();
      }
      await writeConnectionState(trx, { tenantId, key: view.key, state: 'approved', epoch });
      return id;
    },
  });
}

export function stopConnection(deps: AdminDeps, act: Act, id: string): Promise<Outcome<ConnectionView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: 'connection/blocked',
    id,
    write: async (trx, before, { epoch }) => {
      await writeConnectionState(trx, { tenantId: deps.tenantId, key: before?.key ?? '', state: 'blocked', epoch });
      return id;
    },
  });
}

type App = ConnectionEnds & { readonly key: string; readonly risks: ReadonlyMap<string, ReadonlySet<string>> };

async function clientIdOf(trx: PolicyChange, tenantId: string, id: string): Promise<string> {
  const row = await trx
    .selectFrom('client_apps')
    .select('client_id')
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new Refused(invalid('clientApp', 'is the id of no client app.'));
  return row.client_id;
}

async function endsOf(
  trx: PolicyChange,
  tenantId: string,
  ends: { clientAppId: string; resourceAppId: string },
): Promise<App> {
  const app = await findResourceAppView(trx, tenantId, ends.resourceAppId); // LES-38
  if (app === undefined) throw new Refused(invalid('resourceApp', 'is the id of no resource app.'));
  const risks = new Map<string, Set<string>>();
  for (const { scopes } of app.resources)
    for (const [scope, { risk }] of Object.entries(scopes))
      risks.set(scope, (risks.get(scope) ?? new Set<string>()).add(risk));
  return { ...ends, key: app.key, resources: app.resources, risks };
}

async function loaded(
  trx: PolicyChange,
  tenantId: string,
  id: string,
  view: ConnectionView | undefined,
): Promise<{ view: ConnectionView; app: App; approved: string | undefined }> {
  if (view === undefined) throw new Refused(problem('admin/not-found'));
  const row = await trx
    .selectFrom('connections')
    .select('scopes')
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  const ends = { clientAppId: view.clientApp, resourceAppId: view.resourceApp };
  return { view, app: await endsOf(trx, tenantId, ends), approved: row?.scopes };
}

/** A ceiling holds scopes that exist, and for an app owner none of a risk beyond theirs. */
function checkScopes(
  scope: Scope,
  app: App,
  ceiling: readonly string[],
  defaults: readonly string[] | undefined,
): void {
  const unknown = ceiling.findIndex((name) => !app.risks.has(name));
  if (unknown !== -1)
    throw new Refused(invalid(`scopes[${unknown}]`, 'is a scope of no resource of this resource app.'));
  const outside = (defaults ?? []).findIndex((name) => !ceiling.includes(name));
  if (outside !== -1) throw new Refused(invalid(`defaultScopes[${outside}]`, 'is not among the scopes.'));
  const allowed: readonly string[] = appOwnerRisks;
  const isRisky = ceiling.some((name) => [...(app.risks.get(name) ?? [])].some((risk) => !allowed.includes(risk)));
  if (scope.kind === 'own' && isRisky) throw new Refused(problem('admin/forbidden')); // LES-67
}

function configOf(
  next: ConnectionView | (ConnectionView & ConnectionPatch),
  { key }: ConnectionView,
): ConnectionConfig {
  const [client = '', resourceApp = ''] = [key.slice(0, key.lastIndexOf('/')), key.slice(key.lastIndexOf('/') + 1)];
  return {
    client,
    resourceApp,
    resourceClientId: next.resourceClientId,
    resources: next.resources,
    defaultResource: next.defaultResource ?? undefined,
    scopes: next.scopes,
    defaultScopes: next.defaultScopes,
    state: next.state,
    accountLink: next.accountLink,
    lifetimeSeconds: next.lifetimeSeconds,
    dpopRequired: next.dpopRequired,
    owner: next.owner ?? undefined,
    reason: next.purpose ?? undefined,
    reviewAt: next.reviewAt ?? undefined,
    expiresAt: next.expiresAt ?? undefined,
  };
}

function object({ tenantId }: AdminDeps): {
  audited: typeof audited;
  read(trx: PolicyChange, id: string): Promise<ConnectionView | undefined>;
} {
  return { audited, read: (trx, id) => findConnectionView(trx, tenantId, id) };
}
