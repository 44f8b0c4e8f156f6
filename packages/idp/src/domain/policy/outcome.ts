import type { Decision, Denied, DenyCause, ResourceReason, ScopeReason } from './decision.ts';
import type { Connection, Resource } from './model.ts';
import type { ScopeJudgement } from './scope.ts';
import type { StepUpFound } from './step-up.ts';

/** No ID-JAG lives longer than this, whatever a connection says. */
export const longestLifetimeSeconds = 600;

export interface Judged {
  readonly connection: Connection;
  readonly resources: readonly Resource[];
  readonly left: readonly ResourceReason[];
  readonly judgements: readonly ScopeJudgement[];
  readonly stepUp: () => StepUpFound | undefined;
  readonly wouldOtherScopesPass: () => boolean;
}

/** Turns the answers per scope into one decision. */
export function summarise(judged: Judged): Decision {
  const { connection, resources, left, judgements: reasons } = judged;
  const scopes = reasons.filter(({ verdict }) => verdict === 'granted').map(({ scope }) => scope);
  const base = { connectionId: connection.id, reasons, resourceReasons: left, ruleIds: rulesOf(reasons) };

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
  const found = judged.stepUp();
  if (found !== undefined) {
    const waiting = reasons.map((reason) => afterStepUp(reason, found.judgements));
    return { ...base, outcome: 'step_up', need: found.need, reasons: waiting, ruleIds: rulesOf(waiting) }; // STP-01
  }
  if (reasons.some(({ because }) => because === 'denied_by_rule')) {
    return { ...base, outcome: 'deny', because: 'denied_by_rule' };
  }
  return { ...base, outcome: 'deny', because: judged.wouldOtherScopesPass() ? 'no_scope' : 'no_rule_allows' };
}

export function denied(
  because: DenyCause,
  known: { connectionId?: string; resourceReasons?: readonly ResourceReason[] } = {},
): Denied {
  return { outcome: 'deny', because, reasons: [], resourceReasons: [], ruleIds: [], ...known };
}

function rulesOf(reasons: readonly ScopeReason[]): readonly string[] {
  return [...new Set(reasons.flatMap((reason) => reason.ruleIds))].sort();
}

/** Which scopes the better sign-on would bring, and by which rules. */
function afterStepUp(reason: ScopeReason, later: readonly ScopeJudgement[]): ScopeReason {
  const after = later.find(({ scope }) => scope === reason.scope);
  if (after?.verdict !== 'granted') return reason;
  return { ...reason, verdict: 'step_up', because: 'stronger_sign_on_needed', ruleIds: after.ruleIds };
}
