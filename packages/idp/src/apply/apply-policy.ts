import { findPersonByLogin } from '@crossgrant/identity';
import { type CoreSchema, changeScope, Misuse, type StatedState, takeStatedState } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { Transaction } from 'kysely';
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
import { type Queries, readStored } from './stored-policy.ts';

type PolicyTable = 'resource_apps' | 'resources' | 'connections' | 'rules';

/** A row to write: new, or with content or a state that differs from what was last applied. */
interface Write {
  readonly table: PolicyTable;
  readonly isNew: boolean;
  readonly where: Readonly<Record<string, string>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly state?: StatedState<string>;
}

interface Plan {
  readonly writes: readonly Write[];
  /** Keys of stored connections and rules that the section does not name. */
  readonly unnamed: readonly string[];
}

/**
 * Writes the policy section by stable key, in one change of the tenant. A row whose configuration is the one last
 * applied stays as it is, and a state that was stated before is not stated again: what an admin changed since, a block
 * above all, survives a restart and every other edit.
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
    stated?: { readonly state: string | undefined; readonly initial: string },
  ): string => {
    const known = stored[table].get(content.key);
    const id = known?.id ?? newId(prefix);
    const state = stated && takeStatedState(known, stated.state, stated.initial);
    if (known?.applied !== fingerprint(content) || known.stated_state !== (state?.stated_state ?? null)) {
      writes.push({ table, isNew: known === undefined, where: { id }, content: { ...content }, state });
    }
    return id;
  };

  const appIds = new Map<string, string>();
  refuseTwice(
    'rule',
    section.rules?.map(({ id }) => id),
  ); // LES-73
  refuseTwice(
    'connection',
    section.connections?.map(({ client, resourceApp }) => `${client}/${resourceApp}`),
  );
  for (const app of section.resourceApps ?? []) {
    const other = [...stored.resource_apps.values()].find(({ key, issuer }) => issuer === app.issuer && key !== app.id);
    if (other !== undefined)
      throw new Misuse(
        'policy/resource-app-issuer',
        `The resource apps ${other.key} and ${app.id} cannot share the issuer ${app.issuer}.`,
      );
    const id = put('resource_apps', 'rap', resourceAppContent(app), { state: app.state, initial: 'active' });
    appIds.set(app.id, id);
    for (const resource of app.resources) {
      const content = resourceContent(resource, id, section.signOnByRisk);
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
    const key = `${connection.client}/${connection.resourceApp}`;
    const content = connectionContent(connection, ends, stored.connections.get(key)?.scopes);
    connectionIds.set(key, put('connections', 'con', content, { state: connection.state, initial: 'pending' }));
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
  const ruleKeys = (section.rules ?? []).map(({ id }) => id);
  for (const rule of section.rules ?? []) put('rules', 'rul', ruleContent(rule, names));
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

async function writeRow(
  trx: Transaction<IdpSchema & CoreSchema>,
  { table, isNew, where, content, state }: Write,
  at: { tenantId: string; now: number; epoch: number },
): Promise<void> {
  const changing = { ...content, ...state, applied: fingerprint(content), version: at.epoch };
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

/** The second of two entries with one key would silently replace the first, a deny with an allow for instance. */
function refuseTwice(kind: string, keys: readonly string[] = []): void {
  const twice = keys.find((key, place) => keys.indexOf(key) !== place);
  if (twice !== undefined) throw new Misuse(`policy/${kind}-twice`, `The ${kind} ${twice} is given twice.`);
}
