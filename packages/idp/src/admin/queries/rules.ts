import type { Selectable } from 'kysely';
import type { RuleConditions, ScopeRisk } from '../../domain/policy/model.ts';
import type { RuleRow } from '../../store/schema.ts';
import { instant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { listRuleRows, type RuleFilter } from '../store/policy-lists.ts';
import type { Reads } from '../store/reads.ts';

export interface RuleView {
  readonly id: string;
  readonly key: string;
  readonly effect: 'allow' | 'deny';
  readonly state: 'active' | 'disabled';
  /** Ids of people. */
  readonly people: readonly string[];
  readonly groups: readonly string[];
  readonly everyone: boolean;
  /** Ids of connections; null together with `tags`: every connection. */
  readonly connections: readonly string[] | null;
  readonly tags: {
    readonly clients?: readonly string[];
    readonly resourceApps?: readonly string[];
    readonly resources?: readonly string[];
  } | null;
  readonly scopes: readonly string[] | null;
  readonly risks: readonly ScopeRisk[] | null;
  readonly conditions: RuleConditions | null;
  readonly createdAt: string;
}

export async function listRuleViews(
  kysely: Reads,
  tenantId: string,
  options: { filter: RuleFilter; page: PageRequest },
): Promise<Page<RuleView>> {
  const page = toPage(await listRuleRows(kysely, tenantId, options), options.page.limit, ({ id }) => [id]);
  return mapPage(page, (rows) => rows.map(viewRule));
}

export async function findRuleView(kysely: Reads, tenantId: string, id: string): Promise<RuleView | undefined> {
  const row = await kysely
    .selectFrom('rules')
    .selectAll()
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  return row && viewRule(row);
}

function viewRule(row: Selectable<RuleRow>): RuleView {
  const stored = JSON.parse(row.definition) as Partial<Omit<RuleView, 'people'>> & { users?: readonly string[] };
  return {
    id: row.id,
    key: row.key,
    effect: row.effect,
    state: row.state,
    people: stored.users ?? [],
    groups: stored.groups ?? [],
    everyone: stored.everyone === true,
    connections: stored.connections ?? null,
    tags: stored.tags ?? null,
    scopes: stored.scopes ?? null,
    risks: stored.risks ?? null,
    conditions: stored.conditions ?? null,
    createdAt: instant(row.created_at),
  };
}
