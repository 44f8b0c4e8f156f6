import { attacks } from './attacks.ts';
import { lessons } from './lessons.ts';
import type { RequirementStatus, TestStatus } from './requirement.ts';
import { requirements } from './requirements.ts';

/** What a test or a citation may name: a requirement, an attack or a lesson. */
export interface Rule {
  readonly id: string;
  readonly kind: 'requirement' | 'attack' | 'lesson';
  /** True when a test may carry the id: the rule is in force, wholly or in the part that its status names. */
  readonly isActive: boolean;
  /** Why no test may carry it; absent on active rules. */
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

/** Matches one id of the catalogue, such as RED-12, ATK-01 or LES-34. */
export const ruleIdPattern: RegExp = /\b[A-Z]{3}-\d\d\b/g;

function toRule(kind: Rule['kind'], entry: { id: string; status: RequirementStatus | TestStatus }): Rule {
  const { id, status } = entry;
  if (typeof status === 'string' || 'partly' in status) return { id, kind, isActive: true };
  return { id, kind, isActive: false, reason: describeStatus(status) };
}

/** The status in words: `enforced`, or the kind of exception with its reason. */
export function describeStatus(status: RequirementStatus | TestStatus): string {
  if (typeof status === 'string') return status;
  return Object.entries(status)
    .map(([kind, reason]) => `${kind}: ${reason}`)
    .join();
}
