import { newId } from '@crossgrant/protocol';
import { ruleContent } from '../../apply/policy-rows.ts';
import type { PolicyChange } from '../../commands/change.ts';
import type { RuleConfig } from '../../config.ts';
import { withoutAbsent } from '../domain/patch.ts';
import { invalid, type Outcome, problem } from '../domain/problem.ts';
import { findRuleView, type RuleView } from '../queries/rules.ts';
import { type Act, type AdminDeps, changeObject, Refused } from './change-object.ts';

/** Like a rule in a world file, with ids of people and connections. */
export interface NewRule extends Omit<RuleConfig, 'id' | 'users' | 'state'> {
  readonly key: string;
  readonly people?: readonly string[];
}

type Nullable = 'connections' | 'tags' | 'scopes' | 'risks' | 'conditions';
export type RulePatch = Partial<Omit<NewRule, 'key' | Nullable>> & {
  readonly [Field in Nullable]?: NewRule[Field] | null;
};

/** Ids of people stand for themselves; nothing else in a rule identifies anybody. */
const audited = [
  'key',
  'effect',
  'state',
  'people',
  'groups',
  'everyone',
  'connections',
  'tags',
  'scopes',
  'risks',
  'conditions',
] as const;

export function createRule(deps: AdminDeps, act: Act, rule: NewRule): Promise<Outcome<RuleView>> {
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'rule/added',
    write: async (trx, _before, at) => {
      await checkNames(trx, tenantId, rule);
      const taken = await trx
        .selectFrom('rules')
        .select('id')
        .where('tenant_id', '=', tenantId)
        .where('key', '=', rule.key)
        .executeTakeFirst();
      if (taken !== undefined) throw new Refused(problem('admin/conflict', { detail: 'Another rule has this key.' }));
      const { key, people, ...rest } = rule;
      const id = newId('rul', at.now);
      await trx
        .insertInto('rules')
        .values({
          ...ruleContent({ ...rest, id: key, users: people }, ids),
          id,
          tenant_id: tenantId,
          applied: null,
          created_at: at.now,
          version: at.epoch,
        })
        .execute();
      return id;
    },
  });
}

export function updateRule(deps: AdminDeps, act: Act, id: string, patch: RulePatch): Promise<Outcome<RuleView>> {
  const { tenantId } = deps;
  return changeObject(deps, act, {
    ...object(deps),
    code: 'rule/changed',
    id,
    write: async (trx, before, at) => {
      if (before === undefined) throw new Refused(problem('admin/not-found'));
      await checkNames(trx, tenantId, patch);
      const { effect, definition } = ruleContent(configOf({ ...before, ...withoutAbsent(patch) }), ids);
      const row = await trx
        .selectFrom('rules')
        .select('definition')
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const shown = new Set(Object.keys(JSON.parse(ruleContent(everything, ids).definition) as object));
      const beyond = Object.entries(JSON.parse(row.definition) as object).filter(([name]) => !shown.has(name));
      const merged = { ...Object.fromEntries(beyond), ...(JSON.parse(definition) as object) };
      await trx
        .updateTable('rules')
        .set({ effect, definition: JSON.stringify(merged), version: at.epoch })
        .where('tenant_id', '=', tenantId)
        .where('id', '=', id)
        .execute();
      return id;
    },
  });
}

/** A rule with every member this API knows. */
const everything: RuleConfig = {
  id: 'all',
  effect: 'deny',
  everyone: true,
  connections: ['all'],
  tags: {},
  scopes: ['all'],
  risks: ['read'],
  conditions: {},
};

/** Rules are withdrawn, never deleted: decisions name them. */
export function setRule(
  deps: AdminDeps,
  act: Act,
  id: string,
  state: 'active' | 'disabled',
): Promise<Outcome<RuleView>> {
  return changeObject(deps, act, {
    ...object(deps),
    code: `rule/${state}`,
    id,
    write: async (trx, _before, { epoch }) => {
      await trx
        .updateTable('rules')
        .set({ state, version: epoch })
        .where('tenant_id', '=', deps.tenantId)
        .where('id', '=', id)
        .execute();
      return id;
    },
  });
}

const ids = { userId: (id: string): string => id, connectionId: (id: string): string => id };

/** Every id a rule names is one of this tenant; one of another tenant is as unknown as one that was never made. */
async function checkNames(trx: PolicyChange, tenantId: string, rule: RulePatch): Promise<void> {
  const people = await trx
    .selectFrom('users')
    .select('id')
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', 'in', ['', ...(rule.people ?? [])])
    .execute();
  const connections = await trx
    .selectFrom('connections')
    .select('id')
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', 'in', ['', ...(rule.connections ?? [])])
    .execute();
  refuseUnknown('people', rule.people ?? [], people, 'is the id of nobody.');
  refuseUnknown('connections', rule.connections ?? [], connections, 'is the id of no connection.');
}

function refuseUnknown(
  path: string,
  named: readonly string[],
  found: readonly { readonly id: string }[],
  sentence: string,
): void {
  const known = new Set(found.map(({ id }) => id));
  const place = named.findIndex((id) => !known.has(id));
  if (place !== -1) throw new Refused(invalid(`${path}[${place}]`, sentence));
}

function configOf({ key, people, ...rule }: Omit<RuleView, keyof RulePatch> & Required<RulePatch>): RuleConfig {
  return {
    id: key,
    effect: rule.effect,
    users: people,
    groups: rule.groups,
    everyone: rule.everyone,
    connections: rule.connections ?? undefined,
    tags: rule.tags ?? undefined,
    scopes: rule.scopes ?? undefined,
    risks: rule.risks ?? undefined,
    conditions: rule.conditions ?? undefined,
  };
}

function object({ tenantId }: AdminDeps): {
  audited: typeof audited;
  read(trx: PolicyChange, id: string): Promise<RuleView | undefined>;
} {
  return { audited, read: (trx, id) => findRuleView(trx, tenantId, id) };
}
