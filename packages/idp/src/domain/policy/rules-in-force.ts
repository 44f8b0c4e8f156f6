import type { CompiledRule, ConnectionRules } from './compile.ts';
import type { Facts } from './model.ts';

/** The rules that concern the person, sorted by what their conditions say of the facts. */
export interface RulesInForce {
  readonly denies: readonly CompiledRule[];
  readonly allows: readonly CompiledRule[];
}

export function rulesInForce(rules: ConnectionRules, facts: Facts): RulesInForce {
  const inForce = { denies: [] as CompiledRule[], allows: [] as CompiledRule[] };
  const seen = new Set<CompiledRule>();

  for (const rule of concerning(rules, facts)) {
    if (!seen.has(rule)) {
      seen.add(rule);
      sort(rule, facts, inForce);
    }
  }
  return inForce;
}

/** Who is asking decides which rules are looked at; when that is unknown every deny rule is. */
function* concerning(rules: ConnectionRules, { userId, groups }: Facts): Iterable<CompiledRule> {
  yield* rules.everyone;
  yield* userId === undefined ? rules.denyByUser : (rules.byUser.get(userId) ?? []); // LES-73
  if (groups === undefined) {
    yield* rules.denyByGroup; // LES-73
    return;
  }
  for (const group of groups) {
    yield* rules.byGroup.get(group) ?? [];
  }
}

function sort(rule: CompiledRule, facts: Facts, into: { denies: CompiledRule[]; allows: CompiledRule[] }): void {
  const truths = rule.conditions.map(({ judge }) => judge(facts));
  if (rule.effect === 'deny') {
    if (truths.includes('unknown') || !truths.includes('unmet')) {
      // LES-73
      into.denies.push(rule);
    }
  } else if (truths.every((truth) => truth === 'met')) {
    into.allows.push(rule);
  }
}
