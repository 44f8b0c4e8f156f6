import { findPersonByLogin } from '@crossgrant/identity';
import { type CoreSchema, changeScope, Misuse } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { Kysely, Transaction } from 'kysely';
import type { PolicySection } from '../config.ts';
import type { IdpSchema } from '../store/schema.ts';
import type { ApplyDeps } from './apply-deps.ts';
import {
  type ConnectionEnds,
  connectionContent,
  fingerprint,
  resourceAppContent,
  resourceContent,
  ruleContent,
} from './policy-rows.ts';

type Queries = Kysely<IdpSchema & CoreSchema> | Transaction<IdpSchema & CoreSchema>;
type PolicyTable = 'resource_apps' | 'resources' | 'connections' | 'rules';

/** A row to write: new, or with content that differs from what was last applied. */
interface Write {
  readonly table: PolicyTable;
  readonly isNew: boolean;
  readonly where: Readonly<Record<string, string>>;
  readonly content: Readonly<Record<string, unknown>>;
}

interface Plan {
  readonly writes: readonly Write[];
  /** Keys of stored connections and rules that the section does not name. */
  readonly unnamed: readonly string[];
}

/**
 * Writes the policy section by stable key, in one change of the tenant. A row whose configuration is the one last
 * applied stays as it is: what an admin changed since, a block above all, survives a restart.
 */
export async function applyPolicy(deps: ApplyDeps, section: PolicySection): Promise<void> {
  const { database, tenantId, clock, log } = deps;
  const userIds = await findUsers(deps, section);
  const plan = await planPolicy(database.kysely, tenantId, section, userIds);

  if (plan.unnamed.length > 0) {
    log.warn({ keys: plan.unnamed }, 'stored policy that the configuration does not name stays in force');
  }
  if (plan.writes.length === 0) {
    return;
  }
  await changeScope(database, tenantId, async (trx, epoch, audit) => {
    const { writes } = await planPolicy(trx, tenantId, section, userIds);
    for (const write of writes) {
      await writeRow(trx, write, { tenantId, now: clock(), epoch });
    }
    audit({
      id: newId('aud', clock()),
      scope: tenantId,
      at: clock(),
      kind: 'change',
      outcome: 'done',
      code: 'policy/apply',
      facts: { rows: writes.map(({ table, where }) => `${table} ${where.id ?? where.identifier ?? ''}`) },
    });
  });
}

async function planPolicy(
  kysely: Queries,
  tenantId: string,
  section: PolicySection,
  userIds: ReadonlyMap<string, string>,
): Promise<Plan> {
  const writes: Write[] = [];
  const stored = await readStored(kysely, tenantId);
  const put = (
    table: 'resource_apps' | 'connections' | 'rules',
    prefix: 'rap' | 'con' | 'rul',
    content: { readonly key: string },
  ): string => {
    const known = stored[table].get(content.key);
    const id = known?.id ?? newId(prefix);
    if (known?.applied !== fingerprint(content)) {
      writes.push({ table, isNew: known === undefined, where: { id }, content: { ...content } });
    }
    return id;
  };

  const appIds = new Map<string, string>();
  for (const app of section.resourceApps ?? []) {
    const id = put('resource_apps', 'rap', resourceAppContent(app));
    appIds.set(app.id, id);
    for (const resource of app.resources) {
      const content = resourceContent(resource, id);
      const known = stored.resources.get(`${id} ${resource.identifier}`);
      if (known !== fingerprint(content)) {
        writes.push({
          table: 'resources',
          isNew: known === undefined,
          where: { resource_app_id: id, identifier: resource.identifier },
          content: { ...content },
        });
      }
    }
  }
  const connectionIds = new Map<string, string>();
  for (const connection of section.connections ?? []) {
    const ends = findEnds(section, connection, stored.clients, appIds);
    connectionIds.set(
      `${connection.client}/${connection.resourceApp}`,
      put('connections', 'con', connectionContent(connection, ends)),
    );
  }
  const names = {
    userId: (username: string): string =>
      known(userIds.get(username), 'policy/rule-user', `A rule names the user ${username}, who does not exist.`),
    connectionId: (key: string): string =>
      known(
        connectionIds.get(key) ?? stored.connections.get(key)?.id,
        'policy/rule-connection',
        `A rule names the connection ${key}, which does not exist.`,
      ),
  };
  const ruleKeys = (section.rules ?? []).map((rule, place) => {
    const content = ruleContent(rule, place, names);
    put('rules', 'rul', content);
    return content.key;
  });
  const unnamed = [
    ...[...stored.connections.keys()].filter((key) => !connectionIds.has(key)),
    ...[...stored.rules.keys()].filter((key) => !ruleKeys.includes(key)),
  ];
  return { writes, unnamed };
}

function findEnds(
  section: PolicySection,
  { client, resourceApp }: { client: string; resourceApp: string },
  clients: ReadonlyMap<string, string>,
  appIds: ReadonlyMap<string, string>,
): ConnectionEnds {
  const app = section.resourceApps?.find(({ id }) => id === resourceApp);
  const resourceAppId = appIds.get(resourceApp);
  if (app === undefined || resourceAppId === undefined) {
    throw new Misuse(
      'policy/connection-resource-app',
      `The connection ${client}/${resourceApp} leads to a resource app that is not in this section.`,
    );
  }
  return {
    clientAppId: known(
      clients.get(client),
      'policy/connection-client',
      `The connection ${client}/${resourceApp} starts at a client app that does not exist.`,
    ),
    resourceAppId,
    resources: app.resources,
  };
}

interface Stored {
  readonly clients: ReadonlyMap<string, string>;
  readonly resource_apps: ReadonlyMap<string, { id: string; applied: string | null }>;
  readonly connections: ReadonlyMap<string, { id: string; applied: string | null }>;
  readonly rules: ReadonlyMap<string, { id: string; applied: string | null }>;
  readonly resources: ReadonlyMap<string, string | null>;
}

async function readStored(kysely: Queries, tenantId: string): Promise<Stored> {
  const keyed = async (
    table: 'resource_apps' | 'connections' | 'rules',
  ): Promise<ReadonlyMap<string, { id: string; applied: string | null }>> => {
    const rows = await (kysely as Kysely<IdpSchema & CoreSchema>)
      .selectFrom(table)
      .select(['id', 'key', 'applied'])
      .where('tenant_id', '=', tenantId)
      .execute();
    return new Map(rows.map(({ id, key, applied }) => [key, { id, applied }]));
  };
  const clients = await kysely
    .selectFrom('client_apps')
    .select(['id', 'client_id'])
    .where('tenant_id', '=', tenantId)
    .execute();
  const resources = await kysely
    .selectFrom('resources')
    .select(['resource_app_id', 'identifier', 'applied'])
    .where('tenant_id', '=', tenantId)
    .execute();
  return {
    clients: new Map(clients.map((row) => [row.client_id, row.id])),
    resource_apps: await keyed('resource_apps'),
    connections: await keyed('connections'),
    rules: await keyed('rules'),
    resources: new Map(resources.map((row) => [`${row.resource_app_id} ${row.identifier}`, row.applied])),
  };
}

async function writeRow(
  trx: Transaction<IdpSchema & CoreSchema>,
  { table, isNew, where, content }: Write,
  at: { tenantId: string; now: number; epoch: number },
): Promise<void> {
  const changing = { ...content, applied: fingerprint(content), version: at.epoch };
  if (isNew) {
    await trx
      .insertInto(table)
      .values({ ...where, ...changing, tenant_id: at.tenantId, created_at: at.now } as never)
      .execute();
    return;
  }
  let update = (trx as Transaction<{ [name: string]: Record<string, unknown> }>)
    .updateTable(table)
    .set(changing)
    .where('tenant_id', '=', at.tenantId);
  for (const [column, value] of Object.entries(where)) update = update.where(column, '=', value);
  await update.execute();
}

async function findUsers(
  { database, tenantId }: ApplyDeps,
  section: PolicySection,
): Promise<ReadonlyMap<string, string>> {
  const usernames = new Set((section.rules ?? []).flatMap(({ users = [] }) => users));
  const found = new Map<string, string>();
  for (const username of usernames) {
    const person = await findPersonByLogin(database, tenantId, username);
    if (person !== undefined) {
      found.set(username, person.id);
    }
  }
  return found;
}

function known(id: string | undefined, code: string, sentence: string): string {
  if (id === undefined) {
    throw new Misuse(code, sentence);
  }
  return id;
}
