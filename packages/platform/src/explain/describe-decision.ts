import { type RefusalCode, refusalCatalogue, refusalEntry } from '@crossgrant/protocol';
import type { StoredAudit } from '../audit/find-audit.ts';
import { instantNote } from './instant-note.ts';

/** One line of an explanation. */
export interface ExplainedRow {
  readonly label: string;
  readonly value: string;
  /** A value beside another, such as the clock time of a timestamp. */
  readonly note?: string;
}

export interface RuleName {
  readonly id: string;
  /** The key it was given by whoever wrote it. */
  readonly key?: string;
  readonly effect?: string;
}

/** A decision with the names it refers to. */
export interface FoundDecision {
  readonly server: 'idp' | 'authserver';
  readonly entry: StoredAudit;
  readonly rules: readonly RuleName[];
  /** The key of the connection in `facts`. */
  readonly connection?: string;
}

/** What the policy recorded for one scope. */
interface ScopeReason {
  readonly scope: string;
  readonly verdict: string;
  readonly because: string;
  readonly resource?: string;
  readonly ruleIds?: readonly string[];
}

const scopeSentences: Readonly<Record<string, string>> = {
  allowed_by_rule: 'allowed by',
  denied_by_rule: 'denied by',
  no_rule_allows: 'no rule allows it',
  outside_ceiling: 'above the ceiling of the connection',
  unknown_scope: 'the resource has no such scope',
  scope_changed: 'its meaning changed since the connection was approved',
  stronger_sign_on_needed: 'needs a stronger sign-on, by',
};

const outcomes: Readonly<Record<string, string>> = {
  allow: 'allowed',
  deny: 'denied',
  step_up: 'step-up',
  refused: 'refused',
  done: 'done',
};

/** The decision as rows: outcome, a reason for each scope, the rules that decided, its id. */
export function describeDecision(found: FoundDecision): readonly ExplainedRow[] {
  const { entry } = found;
  const reasons = reasonsOf(entry.facts);
  return [
    {
      label: 'decision',
      value: entry.id,
      note: [outcomes[entry.outcome] ?? entry.outcome, entry.code].filter((text) => text !== undefined).join(', '),
    },
    ...(found.server === 'authserver' ? reasonRow(entry.code) : []),
    ...reasons.map((reason) => ({ label: reason.scope, value: scopeSentence(reason, found.rules) })),
    ...(reasons.length === 0 && found.rules.length > 0
      ? [{ label: 'rules', value: found.rules.map(ruleName).join(', ') }]
      : []),
  ];
}

/** The same with everything the record holds, for a person who asks why. */
export function explainDecision(found: FoundDecision): readonly ExplainedRow[] {
  const { entry } = found;
  const fields: [label: string, value: string | undefined][] = [
    ['server', found.server === 'idp' ? 'IdP' : 'authorization server'],
    ['what', entry.kind],
    ['when', new Date(entry.at).toISOString()],
    ['client', entry.client],
    ['person', entry.personal?.username ?? entry.personal?.person],
    ['audience', entry.audience],
    ['resource', entry.resource],
    ['asked', entry.scopesRequested],
    ['granted', entry.scopesGranted],
    ['jti', entry.jti],
    ['rule ids', (entry.ruleIds ?? []).filter(isRuleId).join(' ')],
    ['requirements', (entry.ruleIds ?? []).filter((id) => !isRuleId(id)).join(' ')],
  ];
  const rows = fields.flatMap(([label, value]) => (value === undefined || value === '' ? [] : [{ label, value }]));
  const facts = Object.entries(entry.facts ?? {}).filter(
    ([name, value]) => name !== 'decision' && name !== 'reasons' && !isNothing(value),
  );
  const decision = describeDecision(found).filter(({ label }) => label !== 'reason');
  return [...reasonRow(entry.code), ...decision, ...rows, ...facts.map(([name, value]) => factRow(found, name, value))];
}

/** The catalogue's sentence for administrators. */
function reasonRow(code: string | undefined): readonly ExplainedRow[] {
  return code === undefined || !Object.hasOwn(refusalCatalogue, code)
    ? []
    : [{ label: 'reason', value: refusalEntry(code as RefusalCode).reason }];
}

function isRuleId(id: string): boolean {
  return id.startsWith('rul_');
}

function isNothing(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function factRow({ entry, connection }: FoundDecision, name: string, value: unknown): ExplainedRow {
  if (name === 'connection' && connection !== undefined)
    return { label: name, value: `${connection} (${String(value)})` };
  if (name === 'authTime') return { label: name, value: String(value), note: instantNote(value, entry.at) };
  if (name === 'expiresAt' && typeof value === 'number')
    return { label: name, value: String(Math.floor(value / 1000)), note: instantNote(value / 1000, entry.at) };
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return { label: name, value: isList ? value.join(' ') : typeof value === 'string' ? value : JSON.stringify(value) };
}

function scopeSentence(reason: ScopeReason, rules: readonly RuleName[]): string {
  const sentence = scopeSentences[reason.because] ?? reason.because.replaceAll('_', ' ');
  const names = (reason.ruleIds ?? []).map((id) => ruleName(rules.find((rule) => rule.id === id) ?? { id }));
  const by = names.length === 0 ? '' : ` ${names.length === 1 ? 'rule' : 'rules'} ${names.join(', ')}`;
  return `${sentence}${by}${reason.resource === undefined ? '' : ` at ${reason.resource}`}`;
}

function ruleName(rule: RuleName): string {
  return rule.key === undefined ? rule.id : `${rule.key} (${rule.id})`;
}

function reasonsOf(facts: unknown): readonly ScopeReason[] {
  const record = (facts ?? {}) as { reasons?: unknown; decision?: { reasons?: unknown } };
  const reasons = record.reasons ?? record.decision?.reasons;
  return Array.isArray(reasons) ? (reasons as ScopeReason[]) : [];
}
