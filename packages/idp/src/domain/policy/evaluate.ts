import type { PolicySnapshot } from './compile.ts';
import type { Decision, DenyCause, ResourceReason } from './decision.ts';
import type { Connection, Facts, PolicyClient, Resource, ResourceApp } from './model.ts';
import { denied, summarise } from './outcome.ts';
import { rulesInForce } from './rules-in-force.ts';
import { judgeScope, type ScopeJudgement } from './scope.ts';
import { findStepUp } from './step-up.ts';

/**
 * Decides what one client app may do for one person at one resource app.
 *
 * Nothing is allowed unless a rule allows it, a deny rule beats every allow rule, and nothing beyond the connection's
 * ceiling is granted whatever the rules say. A scope is granted only if every requested resource that knows it allows
 * it, since an ID-JAG cannot say which scope belongs to which resource. The order of rules plays no part. An unknown
 * fact lets deny rules bite and keeps allow rules from applying, so that knowing less never grants more.
 */
export function evaluatePolicy(policy: PolicySnapshot, facts: Facts): Decision {
  const client = policy.client(facts.clientAppId);
  const app = policy.resourceApp(facts.resourceAppId);
  const connection = policy.connection(facts.clientAppId, facts.resourceAppId);

  if (client === undefined) {
    return denied('unknown_client');
  }
  if (app === undefined || connection === undefined) return denied('no_connection'); // ADM-01, CID-01
  if (connection.state === 'pending') {
    return { outcome: 'pending', connectionId: connection.id, reasons: [], resourceReasons: [], ruleIds: [] };
  }
  const closed = whyClosed(client, app, connection, facts.nowMs);
  if (closed !== undefined) {
    return denied(closed, { connectionId: connection.id });
  }
  const chosen = chooseResources(app, connection, facts.resources);
  if ('because' in chosen) {
    return denied(chosen.because, { connectionId: connection.id, resourceReasons: chosen.left });
  }

  const requested = facts.scopes ?? connection.defaultScopes;
  const rules = policy.rulesFor(connection);
  const judge = (known: Facts, scopes: readonly string[]): readonly ScopeJudgement[] => {
    const inForce = rulesInForce(rules, known);
    return scopes.map((scope) => judgeScope(scope, connection, chosen.resources, inForce, known));
  };
  return summarise({
    connection,
    resources: chosen.resources,
    left: chosen.left,
    judgements: judge(facts, requested),
    stepUp: () =>
      findStepUp({
        methods: policy.methods,
        facts,
        maxAges: [...rules.maxAges, ...demandedAges(chosen.resources)],
        judge: (known) => judge(known, requested),
      }),
    // Tells "ask for other scopes" apart from "not for you".
    wouldOtherScopesPass: () =>
      judge(facts, [...connection.scopes.keys()]).some(({ verdict }) => verdict === 'granted'),
  });
}

function demandedAges(resources: readonly Resource[]): readonly number[] {
  return resources.flatMap(({ scopes }) => [...scopes.values()].flatMap(({ signOn }) => signOn?.maxAge ?? []));
}

/** A switch that closes the whole connection. */
function whyClosed(
  client: PolicyClient,
  app: ResourceApp,
  connection: Connection,
  nowMs: number,
): DenyCause | undefined {
  if (client.state !== 'active') return 'client_blocked'; // LES-20, ADM-02
  if (app.state !== 'active') return 'resource_app_disabled'; // LES-20, ADM-02
  if (connection.state !== 'approved') return 'connection_blocked'; // LES-20, ADM-02
  if (connection.expiresAt !== undefined && nowMs >= connection.expiresAt) return 'connection_expired'; // ADM-01
  return undefined;
}

type ChosenResources =
  | { readonly resources: readonly Resource[]; readonly left: readonly ResourceReason[] }
  | { readonly because: 'foreign_resource' | 'no_resource'; readonly left: readonly ResourceReason[] };

/** The requested resources that the connection reaches; one of another resource app spoils the request. */
function chooseResources(app: ResourceApp, connection: Connection, requested: readonly string[]): ChosenResources {
  const wanted = requested.length > 0 ? requested : defaultResource(connection);
  const resources: Resource[] = [];
  const left: ResourceReason[] = [];

  for (const identifier of wanted) {
    const resource = app.resources.get(identifier);
    if (resource === undefined) return { because: 'foreign_resource', left }; // TEX-14, ATK-31
    if (!connection.resources.includes(identifier)) {
      // TEX-17
      left.push({ resource: identifier, because: 'outside_connection' });
      continue;
    }
    resources.push(resource);
  }
  if (resources.length === 0) return { because: 'no_resource', left }; // TEX-15, TEX-18
  return { resources, left };
}

function defaultResource(connection: Connection): readonly string[] {
  if (connection.defaultResource !== undefined) {
    return [connection.defaultResource];
  }
  return connection.resources.length === 1 ? connection.resources : []; // TEX-15
}
