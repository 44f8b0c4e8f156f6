import type { CompiledRule } from './compile.ts';
import { compileConditions } from './conditions.ts';
import type { ScopeReason } from './decision.ts';
import type { Connection, Facts, Resource, ResourceScope } from './model.ts';
import type { RulesInForce } from './rules-in-force.ts';

export type ScopeJudgement = ScopeReason;

/** Judges one scope at every requested resource that knows it; the worst answer counts. */
export function judgeScope(
  scope: string,
  connection: Connection,
  resources: readonly Resource[],
  inForce: RulesInForce,
  facts: Facts,
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
          : judgeAt(scope, declared, resource, inForce, facts);
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
  facts: Facts,
): ScopeJudgement {
  const covers = (rule: CompiledRule): boolean => coversScope(rule, scope, declared, resource);

  const denies = inForce.denies.filter(covers);
  if (denies.length > 0) return refused(scope, 'denied_by_rule', ids(denies), resource.identifier); // ADM-01, TEX-16
  const allows = inForce.allows.filter(covers);
  if (allows.length === 0) return refused(scope, 'no_rule_allows', [], resource.identifier);
  if (!isSignOnGood(declared, facts)) return refused(scope, 'sign_on_too_weak', ids(allows), resource.identifier); // STP-07
  return { scope, verdict: 'granted', because: 'allowed_by_rule', ruleIds: ids(allows) };
}

/** What the scope itself demands of the sign-on. A demand that cannot be read, or a fact that is not known, is not met. */
function isSignOnGood({ signOn }: ResourceScope, facts: Facts): boolean {
  return signOn === undefined || compileConditions(signOn).every(({ judge }) => judge(facts) === 'met'); // STP-07
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

function worse(a: ScopeJudgement, b: ScopeJudgement): ScopeJudgement {
  if (a.verdict === 'granted' && b.verdict === 'granted') {
    return { ...a, ruleIds: [...new Set([...a.ruleIds, ...b.ruleIds])].sort() };
  }
  return a.verdict === 'granted' ? b : a;
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
