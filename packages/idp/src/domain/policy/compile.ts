import { type CompiledCondition, compileConditions } from './conditions.ts';
import type { Connection, PolicyClient, ResourceApp, Rule, ScopeRisk, SignOnMethod } from './model.ts';

export interface CompiledRule {
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  readonly scopes: ReadonlySet<string> | undefined;
  readonly risks: ReadonlySet<ScopeRisk> | undefined;
  readonly resourceTags: ReadonlySet<string> | undefined;
  readonly conditions: readonly CompiledCondition[];
}

/** The rules that may concern one connection, by whom they name. */
export interface ConnectionRules {
  readonly everyone: readonly CompiledRule[];
  readonly byUser: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly byGroup: ReadonlyMap<string, readonly CompiledRule[]>;
  /** Deny rules that name groups or users: they bite when it is not known who is asking. */
  readonly denyByUser: readonly CompiledRule[];
  readonly denyByGroup: readonly CompiledRule[];
  /** Every age of a sign-on that an allow rule asks for. */
  readonly maxAges: readonly number[];
}

/** What `evaluatePolicy` reads. One tenant's. */
export interface PolicySnapshot {
  client(clientAppId: string): PolicyClient | undefined;
  resourceApp(id: string): ResourceApp | undefined;
  connection(clientAppId: string, resourceAppId: string): Connection | undefined;
  rulesFor(connection: Connection): ConnectionRules;
  /** Every way to sign on there is. */
  readonly methods: readonly SignOnMethod[];
}

export interface PolicySource {
  readonly clients: Iterable<PolicyClient>;
  readonly resourceApps: Iterable<ResourceApp>;
  readonly connections: Iterable<Connection>;
  readonly rules: Iterable<Rule>;
  readonly methods?: readonly SignOnMethod[];
}

/** A snapshot that takes changes one by one. Its owner applies them between two decisions, never during one. */
export interface PolicyIndex extends PolicySnapshot {
  putClient(client: PolicyClient): void;
  putResourceApp(app: ResourceApp): void;
  putConnection(connection: Connection): void;
  putRule(rule: Rule): void;
  connections(): Iterable<Connection>;
}

export function compilePolicy(source: PolicySource): PolicyIndex {
  const index = createPolicyIndex(source.methods ?? []);
  for (const client of source.clients) index.putClient(client);
  for (const app of source.resourceApps) index.putResourceApp(app);
  for (const connection of source.connections) index.putConnection(connection);
  for (const rule of source.rules) index.putRule(rule);
  return index;
}

export function createPolicyIndex(methods: readonly SignOnMethod[]): PolicyIndex {
  const clients = new Map<string, PolicyClient>();
  const apps = new Map<string, ResourceApp>();
  const pairs = new Map<string, Map<string, Connection>>();
  const pairOf = new Map<string, Connection>();
  const rules = createRuleIndex();

  return {
    client: (clientAppId) => clients.get(clientAppId),
    resourceApp: (id) => apps.get(id),
    connection: (clientAppId, resourceAppId) => pairs.get(clientAppId)?.get(resourceAppId),
    connections: () => pairOf.values(),
    rulesFor: (connection) =>
      rules.find(
        connection,
        clients.get(connection.clientAppId)?.tags ?? [],
        apps.get(connection.resourceAppId)?.tags ?? [],
      ),
    methods,
    putClient(client) {
      clients.set(client.clientAppId, client);
      rules.forget();
    },
    putResourceApp(app) {
      apps.set(app.id, app);
      rules.forget();
    },
    putConnection(connection) {
      const before = pairOf.get(connection.id);
      if (before !== undefined) {
        pairs.get(before.clientAppId)?.delete(before.resourceAppId);
      }
      const ofClient = pairs.get(connection.clientAppId) ?? new Map<string, Connection>();
      pairs.set(connection.clientAppId, ofClient.set(connection.resourceAppId, connection));
      pairOf.set(connection.id, connection);
    },
    putRule: rules.put,
  };
}

interface RuleIndex {
  put(rule: Rule): void;
  find(connection: Connection, clientTags: readonly string[], appTags: readonly string[]): ConnectionRules;
  forget(): void;
}

/** Rules by the connections they name; the choice for one connection is made once and kept until something changes. */
function createRuleIndex(): RuleIndex {
  const byId = new Map<string, { rule: Rule; compiled: CompiledRule }>();
  const named = new Map<string, Set<string>>();
  const unnamed = new Set<string>();
  const chosen = new Map<string, ConnectionRules>();

  return {
    put(rule) {
      for (const connectionId of byId.get(rule.id)?.rule.connections ?? []) named.get(connectionId)?.delete(rule.id);
      unnamed.delete(rule.id);
      byId.delete(rule.id);
      chosen.clear();
      if (rule.state === 'disabled') return; // ADM-01
      byId.set(rule.id, { rule, compiled: compileRule(rule) });
      if (rule.connections === undefined) {
        unnamed.add(rule.id);
      }
      for (const connectionId of rule.connections ?? []) {
        named.set(connectionId, (named.get(connectionId) ?? new Set<string>()).add(rule.id));
      }
    },
    find(connection, clientTags, appTags) {
      const known = chosen.get(connection.id);
      if (known !== undefined) {
        return known;
      }
      const candidates = [...(named.get(connection.id) ?? []), ...unnamed].flatMap((id) => byId.get(id) ?? []);
      const found = groupByPerson(candidates.filter(({ rule }) => matchesTags(rule, clientTags, appTags)));
      chosen.set(connection.id, found);
      return found;
    },
    forget: () => chosen.clear(),
  };
}

function compileRule(rule: Rule): CompiledRule {
  return {
    id: rule.id,
    effect: rule.effect,
    scopes: rule.scopes && new Set(rule.scopes),
    risks: rule.risks && new Set(rule.risks),
    resourceTags: rule.tags?.resources && new Set(rule.tags.resources),
    conditions: compileConditions(rule.conditions),
  };
}

function matchesTags({ tags }: Rule, clientTags: readonly string[], appTags: readonly string[]): boolean {
  const { clients = undefined, resourceApps = undefined } = tags ?? {};
  return (
    (clients === undefined || clients.some((tag) => clientTags.includes(tag))) &&
    (resourceApps === undefined || resourceApps.some((tag) => appTags.includes(tag)))
  );
}

function groupByPerson(entries: readonly { rule: Rule; compiled: CompiledRule }[]): ConnectionRules {
  const everyone: CompiledRule[] = [];
  const byUser = new Map<string, CompiledRule[]>();
  const byGroup = new Map<string, CompiledRule[]>();
  const denyByUser: CompiledRule[] = [];
  const denyByGroup: CompiledRule[] = [];

  for (const { rule, compiled } of entries) {
    const isForNobody = rule.users.length === 0 && rule.groups.length === 0;
    // A deny rule that names nobody was meant for somebody: it bites everyone.
    if (rule.everyone || (isForNobody && rule.effect === 'deny')) {
      everyone.push(compiled);
      continue;
    }
    for (const user of rule.users) byUser.set(user, [...(byUser.get(user) ?? []), compiled]);
    for (const group of rule.groups) byGroup.set(group, [...(byGroup.get(group) ?? []), compiled]);
    if (rule.effect === 'deny' && rule.users.length > 0) {
      denyByUser.push(compiled);
    }
    if (rule.effect === 'deny' && rule.groups.length > 0) {
      denyByGroup.push(compiled);
    }
  }
  const maxAges = entries.flatMap(({ compiled }) =>
    compiled.effect === 'allow' ? compiled.conditions.flatMap(({ maxAge }) => maxAge ?? []) : [],
  );
  return { everyone, byUser, byGroup, denyByUser, denyByGroup, maxAges };
}
