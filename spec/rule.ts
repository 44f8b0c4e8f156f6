import { attacks } from './attacks.ts';
import { lessons } from './lessons.ts';
import { requirements } from './requirements.ts';

/** What a test or a citation may name: a requirement, an attack or a lesson. */
export interface Rule {
  readonly id: string;
  readonly kind: 'requirement' | 'attack' | 'lesson';
  /** True when the rule promises a test that carries its id. */
  readonly isActive: boolean;
  /** Why there is no such promise; absent on active rules. */
  readonly reason?: string;
}

const rules: ReadonlyMap<string, Rule> = new Map(
  [
    ...requirements.map((entry) => toRule('requirement', entry)),
    ...attacks.map((entry) => toRule('attack', entry)),
    ...lessons.map((entry) => toRule('lesson', entry)),
  ].map((rule) => [rule.id, rule]),
);

export function findRule(id: string): Rule | undefined {
  return rules.get(id);
}

export function allRules(): readonly Rule[] {
  return [...rules.values()];
}

/** Matches one id of the catalogue, such as RED-12, ATK-01 or LES-34. */
export const ruleIdPattern: RegExp = /\b[A-Z]{3}-\d\d\b/g;

function toRule(
  kind: Rule['kind'],
  entry: { id: string; status: string | { declined?: string; deferred?: string } },
): Rule {
  if (typeof entry.status === 'string') return { id: entry.id, kind, isActive: true };
  const { declined, deferred } = entry.status;
  const reason = declined === undefined ? `deferred: ${deferred}` : `declined: ${declined}`;
  return { id: entry.id, kind, isActive: false, reason };
}
