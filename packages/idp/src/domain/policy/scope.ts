import type { CompiledRule } from './compile.ts';
import type { ScopeReason, StepUp } from './decision.ts';
import type { Connection, Resource, ResourceScope } from './model.ts';
import type { RulesInForce, WaitingRule } from './rules-in-force.ts';

export interface ScopeJudgement extends ScopeReason {
  /** With verdict `step_up`: the rule that would grant the scope and what it waits for. */
  readonly need?: { readonly ruleId: string; readonly stepUp: StepUp };
}

/** Judges one scope at every requested resource that knows it; the worst answer counts. */
export function judgeScope(
  scope: string,
  connection: Connection,
  resources: readonly Resource[],
  inForce: RulesInForce,
  isAttainable: (acr: string) => boolean,
): ScopeJudgement {
  const approvedVersion = connection.scopes.get(scope);
  if (approvedVersion === undefined) return refused(scope, 'outside_ceiling'); // TEX-17, ATK-28

  let worst: ScopeJudgement | undefined;
  for (const resource of resources) {
    const declared = resource.scopes.get(scope);
    if (declared !== undefined) {
      const judgement =
        declared.version > approvedVersion
          ? refused(scope, 'scope_changed', [], resource.identifier)
          : judgeAt(scope, declared, resource, inForce, isAttainable);
      worst = worst === undefined ? judgement : worse(worst, judgement);
    }
  }
  return worst ?? refused(scope, 'unknown_scope');
}

function judgeAt(
  scope: string,
  declared: ResourceScope,
  resource: Resource,
  inForce: RulesInForce,
  isAttainable: (acr: string) => boolean,
): ScopeJudgement {
  const covers = (rule: CompiledRule): boolean => coversScope(rule, scope, declared, resource);

  const denies = inForce.denies.filter(covers);
  if (denies.length > 0) return refused(scope, 'denied_by_rule', ids(denies), resource.identifier); // ADM-01, TEX-16
  const allows = inForce.allows.filter(covers);
  if (allows.length > 0) {
    return { scope, verdict: 'granted', because: 'allowed_by_rule', ruleIds: ids(allows) };
  }
  const waiting = inForce.waiting
    .filter(({ rule }) => covers(rule))
    .flatMap((candidate) => attainable(candidate, isAttainable));
  const easiest = waiting.sort(byEase)[0];
  if (easiest === undefined) {
    return refused(scope, 'no_rule_allows', [], resource.identifier);
  }
  return {
    scope,
    verdict: 'step_up',
    because: 'stronger_sign_on_needed',
    resource: resource.identifier,
    ruleIds: [easiest.rule.id],
    need: { ruleId: easiest.rule.id, stepUp: easiest.need },
  };
}

function coversScope(rule: CompiledRule, scope: string, declared: ResourceScope, resource: Resource): boolean {
  if (rule.scopes !== undefined && !rule.scopes.has(scope)) {
    return false;
  }
  if (rule.risks !== undefined && !rule.risks.has(declared.risk)) {
    return false;
  }
  const { resourceTags } = rule;
  return resourceTags === undefined || resource.tags.some((tag) => resourceTags.has(tag));
}

/** Asking for a sign-on that cannot be had would send the person round in circles. */
function attainable({ rule, need }: WaitingRule, isAttainable: (acr: string) => boolean): WaitingRule[] {
  if (need.acrValues === undefined) {
    return [{ rule, need }];
  }
  const reachable = need.acrValues.filter(isAttainable); // STP-02, ATK-62
  return reachable.length === 0 ? [] : [{ rule, need: { ...need, acrValues: reachable } }];
}

function byEase(a: WaitingRule, b: WaitingRule): number {
  return (
    Number(a.need.acrValues !== undefined) - Number(b.need.acrValues !== undefined) ||
    (b.need.maxAge ?? Infinity) - (a.need.maxAge ?? Infinity) ||
    (a.rule.id < b.rule.id ? -1 : 1)
  );
}

function worse(a: ScopeJudgement, b: ScopeJudgement): ScopeJudgement {
  if (a.verdict === 'granted' && b.verdict === 'granted') {
    return { ...a, ruleIds: [...new Set([...a.ruleIds, ...b.ruleIds])].sort() };
  }
  const rank = { granted: 0, step_up: 1, denied: 2 };
  return rank[b.verdict] > rank[a.verdict] ? b : a;
}

function refused(
  scope: string,
  because: ScopeReason['because'],
  ruleIds: readonly string[] = [],
  resource?: string,
): ScopeJudgement {
  return { scope, verdict: 'denied', because, ruleIds, resource };
}

function ids(rules: readonly CompiledRule[]): readonly string[] {
  return rules.map(({ id }) => id).sort();
}
