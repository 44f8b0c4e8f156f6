import { type ClientApp, findClientApp, listClientApps, listPeople, type Person } from '@crossgrant/identity';
import { type Logger, readEpoch, StoreUnavailable } from '@crossgrant/platform';
import { createPolicyIndex, type PolicyIndex } from '../domain/policy/compile.ts';
import type { ResourceApp, SignOnMethod } from '../domain/policy/model.ts';
import type { IdpDatabase } from '../store/schema.ts';
import { indexAudiences } from './audiences.ts';
import type { LiveState, LiveStateSource, TenantState } from './live-state.ts';
import { readPolicyChanges } from './read-policy.ts';

export interface LiveStateOptions {
  readonly database: IdpDatabase;
  readonly tenant: { readonly id: string; readonly issuer: string };
  /** Every way to sign on here. */
  readonly methods: readonly SignOnMethod[];
  readonly log: Logger;
  /** Read again with every new epoch, so that no decision rests on a key that was revoked before it. */
  readonly keys?: { reload(): Promise<void> };
}

interface Held {
  readonly people: Map<string, Person>;
  readonly clients: Map<string, ClientApp>;
  readonly apps: Map<string, ResourceApp>;
  readonly index: PolicyIndex;
  audiences: ReadonlyMap<string, ResourceApp>;
  tenant: TenantState;
  epoch: number;
}

/**
 * Loads the state of a tenant and follows it by rows that are newer than what is held. News comes from the database's
 * change feed and from commits that turned out stale.
 *
 * The epoch is read before the rows, so the rows may be newer than the epoch says and never older: such a state cannot
 * commit anything, and the next reading completes it. Changes are applied between two decisions, in one go.
 */
export async function openLiveState(options: LiveStateOptions): Promise<LiveStateSource & { close(): void }> {
  const { database, tenant, log } = options;
  const held: Held = {
    people: new Map(),
    clients: new Map(),
    apps: new Map(),
    index: createPolicyIndex(options.methods),
    audiences: new Map(),
    tenant: { ...tenant, state: 'active', revokedBefore: undefined },
    epoch: -1,
  };
  await follow(held, options);

  let running: Promise<LiveState> | undefined;
  let next: Promise<LiveState> | undefined;

  function refresh(): Promise<LiveState> {
    if (running === undefined) {
      running = follow(held, options)
        .then(() => view(held))
        .finally(() => {
          running = undefined;
        });
      return running;
    }
    // What runs already may have read before the caller's news: a reading that starts later is needed, one for all.
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return refresh();
      });
    return next;
  }

  const stop = database.onChange((scope) => {
    if (scope === tenant.id)
      refresh().catch((error: unknown) => log.error({ err: error }, 'the state of the tenant could not be read'));
  });
  return { current: () => view(held), refresh, close: stop };
}

function view(held: Held): LiveState {
  return {
    epoch: held.epoch,
    tenant: held.tenant,
    client: (clientId) => held.clients.get(clientId),
    person: (userId) => held.people.get(userId),
    resourceApp: (audience) => held.audiences.get(audience),
    policy: held.index,
  };
}

async function follow(held: Held, { database, tenant, keys }: LiveStateOptions): Promise<void> {
  const epoch = await readEpoch(database, tenant.id);
  if (epoch === held.epoch) {
    return;
  }
  if (epoch < held.epoch) {
    throw new StoreUnavailable('the database is older than what this process has seen');
  }
  await keys?.reload(); // KEY-02
  const people = await listPeople(database, tenant.id, held.epoch);
  const clients = await readClients(database, tenant.id, held.epoch);
  const policy = await readPolicyChanges(database, tenant.id, held.epoch);
  const tenantState = await readTenantState(database, tenant);

  for (const person of people) held.people.set(person.id, person);
  for (const client of clients) {
    held.clients.set(client.clientId, client);
    held.index.putClient({ clientAppId: client.id, tags: client.tags, state: client.state });
  }
  for (const app of policy.resourceApps) held.apps.set(app.id, app);
  policy.apply(held.index);
  if (policy.resourceApps.length > 0) {
    held.audiences = indexAudiences(held.apps.values());
  }
  held.tenant = tenantState;
  held.epoch = epoch;
}

/** A few changed client apps are read one by one, many of them at once. */
async function readClients(database: IdpDatabase, tenantId: string, version: number): Promise<readonly ClientApp[]> {
  if (version < 0) {
    return listClientApps(database, tenantId);
  }
  const changed = await database.kysely
    .selectFrom('client_apps')
    .select('client_id')
    .where('tenant_id', '=', tenantId)
    .where('version', '>', version)
    .execute();
  if (changed.length > 50) {
    return listClientApps(database, tenantId);
  }
  const found = await Promise.all(changed.map((row) => findClientApp(database, tenantId, row.client_id)));
  return found.filter((client) => client !== undefined);
}

async function readTenantState({ kysely }: IdpDatabase, tenant: { id: string; issuer: string }): Promise<TenantState> {
  const row = await kysely
    .selectFrom('tenant_policy')
    .selectAll()
    .where('tenant_id', '=', tenant.id)
    .executeTakeFirst();
  return {
    id: tenant.id,
    issuer: tenant.issuer,
    state: row === undefined || row.state === 'active' ? 'active' : 'disabled',
    revokedBefore: row?.revoked_before ?? undefined,
  };
}
