import type { CompiledRule, ConnectionRules } from './compile.ts';
import type { StepUp } from './decision.ts';
import type { Facts } from './model.ts';

/** An allow rule that only a better sign-on keeps from applying. */
export interface WaitingRule {
  readonly rule: CompiledRule;
  readonly need: StepUp;
}

/** The rules that concern the person, sorted by what their conditions say of the facts. */
export interface RulesInForce {
  readonly denies: readonly CompiledRule[];
  readonly allows: readonly CompiledRule[];
  readonly waiting: readonly WaitingRule[];
}

export function rulesInForce(rules: ConnectionRules, facts: Facts): RulesInForce {
  const inForce = { denies: [] as CompiledRule[], allows: [] as CompiledRule[], waiting: [] as WaitingRule[] };
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

function sort(
  rule: CompiledRule,
  facts: Facts,
  into: { denies: CompiledRule[]; allows: CompiledRule[]; waiting: WaitingRule[] },
): void {
  let need: StepUp = {};
  let isUnmet = false;
  let isUnknown = false;
  let isBeyondSignOn = false;

  for (const { judge, remedy } of rule.conditions) {
    const truth = judge(facts);
    isUnmet ||= truth === 'unmet';
    isUnknown ||= truth === 'unknown';
    if (truth !== 'met') {
      isBeyondSignOn ||= remedy === undefined;
      need = { ...need, ...remedy };
    }
  }
  if (rule.effect === 'deny') {
    if (isUnknown || !isUnmet) {
      // LES-73
      into.denies.push(rule);
    }
  } else if (!isUnmet && !isUnknown) {
    into.allows.push(rule);
  } else if (!isBeyondSignOn) {
    into.waiting.push({ rule, need });
  }
}
