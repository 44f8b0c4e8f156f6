import type { CoreSchema } from '@crossgrant/platform';
import type { Selectable } from 'kysely';
import { instant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { type AuditFilter, listAuditRows, personalOf } from '../store/audit-lists.ts';
import type { Reads } from '../store/reads.ts';

export interface ChangeView {
  readonly id: string;
  readonly at: string;
  readonly outcome: string;
  readonly code: string | null;
  /** The id of the admin token, or what acted instead; null when it was erased. */
  readonly actor: string | null;
  readonly actorName: string | null;
  readonly address: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What administrators did, the latest first. */
export async function listChangeViews(
  kysely: Reads,
  tenantId: string,
  { filter, page }: { filter: Omit<AuditFilter, 'kind'>; page: PageRequest },
): Promise<Page<ChangeView>> {
  const rows = await listAuditRows(kysely, tenantId, { filter: { ...filter, kind: 'change' }, page });
  const found = toPage(rows, page.limit, ({ at, id }) => [at, id]);
  const personal = await personalOf(kysely, tenantId, found.items);
  return mapPage(found, (items) => items.map((row) => viewChange(row, personal.get(row.personal_ref ?? ''))));
}

function viewChange(
  row: Selectable<CoreSchema['audit_rows']>,
  personal: Selectable<CoreSchema['audit_personal']> | undefined,
): ChangeView {
  return {
    id: row.id,
    at: instant(row.at),
    outcome: row.outcome,
    code: row.code,
    actor: personal?.person ?? null,
    actorName: personal?.username ?? null,
    address: personal?.address ?? null,
    facts: row.facts === null ? {} : (JSON.parse(row.facts) as Record<string, unknown>),
  };
}
