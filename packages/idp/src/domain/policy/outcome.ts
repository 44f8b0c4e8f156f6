import type { Decision, Denied, DenyCause, ResourceReason, ScopeReason, StepUp } from './decision.ts';
import type { Connection, Resource } from './model.ts';
import type { ScopeJudgement } from './scope.ts';

/** No ID-JAG lives longer than this, whatever a connection says. */
export const longestLifetimeSeconds = 600;

export interface Judged {
  readonly connection: Connection;
  readonly resources: readonly Resource[];
  readonly left: readonly ResourceReason[];
  readonly judgements: readonly ScopeJudgement[];
  readonly wouldOtherScopesPass: () => boolean;
}

/** Turns the answers per scope into one decision. */
export function summarise({ connection, resources, left, judgements, wouldOtherScopesPass }: Judged): Decision {
  const reasons: readonly ScopeReason[] = judgements.map(({ need: _need, ...reason }) => reason);
  const ruleIds = [...new Set(reasons.flatMap((reason) => reason.ruleIds))].sort();
  const scopes = reasons.filter(({ verdict }) => verdict === 'granted').map(({ scope }) => scope);
  const base = { connectionId: connection.id, reasons, resourceReasons: left, ruleIds };

  if (scopes.length > 0) {
    const kept = resources.filter((resource) => scopes.some((scope) => resource.scopes.has(scope)));
    const emptied = resources
      .filter((resource) => !kept.includes(resource))
      .map(({ identifier }) => ({ resource: identifier, because: 'no_scope_left' as const }));
    return {
      ...base,
      outcome: 'allow',
      resourceReasons: [...left, ...emptied],
      scopes,
      resources: kept.map(({ identifier }) => identifier),
      lifetimeSeconds: Math.min(connection.lifetimeSeconds, longestLifetimeSeconds), // IDJ-08
    };
  }
  const needs = judgements.flatMap(({ need }) => need ?? []);
  if (needs.length > 0) {
    return { ...base, outcome: 'step_up', need: strictest(needs.map(({ stepUp }) => stepUp)) }; // STP-01
  }
  if (reasons.some(({ because }) => because === 'denied_by_rule')) {
    return { ...base, outcome: 'deny', because: 'denied_by_rule' };
  }
  return { ...base, outcome: 'deny', because: wouldOtherScopesPass() ? 'no_scope' : 'no_rule_allows' };
}

export function denied(
  because: DenyCause,
  known: { connectionId?: string; resourceReasons?: readonly ResourceReason[] } = {},
): Denied {
  return { outcome: 'deny', because, reasons: [], resourceReasons: [], ruleIds: [], ...known };
}

/** One demand that serves every waiting scope where that is possible, and the first of them otherwise. */
function strictest(needs: readonly StepUp[]): StepUp {
  const lists = needs.flatMap(({ acrValues }) => (acrValues === undefined ? [] : [acrValues]));
  const common = lists.reduce<readonly string[] | undefined>(
    (kept, list) => (kept === undefined ? list : kept.filter((acr) => list.includes(acr))),
    undefined,
  );
  const acrValues = common === undefined || common.length > 0 ? common : lists[0];
  const ages = needs.flatMap(({ maxAge }) => maxAge ?? []);
  return { ...(acrValues && { acrValues }), ...(ages.length > 0 && { maxAge: Math.min(...ages) }) };
}
