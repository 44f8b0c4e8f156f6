import type { CoreSchema } from '@crossgrant/platform';
import { type Selectable, sql } from 'kysely';
import type { IssuanceRow } from '../../store/schema.ts';
import type { PageRequest } from '../domain/page.ts';
import type { Reads } from './reads.ts';

type AuditRow = Selectable<CoreSchema['audit_rows']>;
type PersonalRow = Selectable<CoreSchema['audit_personal']>;

export interface AuditFilter {
  readonly kind: 'exchange' | 'change';
  readonly id?: string;
  readonly jti?: string;
  /** The id of a person: who a decision was for, or who made a change. */
  readonly person?: string;
  readonly client?: string;
  readonly audience?: string;
  readonly scope?: string;
  readonly outcome?: string;
  readonly code?: string;
  readonly from?: number;
  readonly to?: number;
}

/** What an app owner sees: decisions about their client apps or for their resource apps. */
export interface OwnDecisions {
  readonly clients: readonly string[];
  readonly audiences: readonly string[];
}

/** Rows of the audit, the latest first. */
export async function listAuditRows(
  kysely: Reads,
  tenantId: string,
  { filter, own, page }: { filter: AuditFilter; own?: OwnDecisions; page: PageRequest },
): Promise<readonly AuditRow[]> {
  let rows = kysely.selectFrom('audit_rows').selectAll().where('scope', '=', tenantId).where('kind', '=', filter.kind);
  if (filter.id !== undefined) rows = rows.where('id', '=', filter.id);
  if (filter.jti !== undefined) rows = rows.where('jti', '=', filter.jti);
  if (filter.client !== undefined) rows = rows.where('client', '=', filter.client);
  if (filter.audience !== undefined) rows = rows.where('audience', '=', filter.audience);
  if (filter.outcome !== undefined) rows = rows.where('outcome', '=', filter.outcome);
  if (filter.code !== undefined) rows = rows.where('code', '=', filter.code);
  if (filter.from !== undefined) rows = rows.where('at', '>=', filter.from);
  if (filter.to !== undefined) rows = rows.where('at', '<', filter.to);
  if (filter.scope !== undefined) {
    const pattern = `% ${filter.scope.replace(/[!%_]/g, '!$&')} %`;
    rows = rows.where(sql<boolean>`' ' || coalesce(scopes_requested, '') || ' ' like ${pattern} escape '!'`);
  }
  if (filter.person !== undefined) {
    const refs = kysely
      .selectFrom('audit_personal')
      .select('ref')
      .where('scope', '=', tenantId)
      .where('person', '=', filter.person);
    rows = rows.where('personal_ref', 'in', refs);
  }
  if (own !== undefined)
    rows = rows.where((e) =>
      e.or([e('client', 'in', orNothing(own.clients)), e('audience', 'in', orNothing(own.audiences))]),
    );
  if (page.after !== undefined) {
    const [at, id] = [Number(page.after[0]), String(page.after[1])];
    rows = rows.where('at', '<=', at).where((e) => e.or([e('at', '<', at), e('id', '<', id)]));
  }
  return rows
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
}

/** What identifies the people of some rows, as far as it was not erased. */
export async function personalOf(
  kysely: Reads,
  tenantId: string,
  rows: readonly AuditRow[],
): Promise<ReadonlyMap<string, PersonalRow>> {
  const refs = rows.flatMap(({ personal_ref: ref }) => (ref === null ? [] : [ref]));
  if (refs.length === 0) return new Map();
  const found = await kysely
    .selectFrom('audit_personal')
    .selectAll()
    .where('scope', '=', tenantId)
    .where('ref', 'in', refs)
    .execute();
  return new Map(found.map((row) => [row.ref, row]));
}

export interface IssuanceFilter {
  readonly person?: string;
  readonly clientApp?: string;
  readonly resourceApp?: string;
  readonly connection?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Issuances, the latest first. */
export async function listIssuanceRows(
  kysely: Reads,
  tenantId: string,
  {
    filter,
    own,
    page,
  }: {
    filter: IssuanceFilter;
    own?: { readonly clientApps: readonly string[]; readonly resourceApps: readonly string[] };
    page: PageRequest;
  },
): Promise<readonly Selectable<IssuanceRow>[]> {
  let rows = kysely.selectFrom('issuances').selectAll().where('tenant_id', '=', tenantId);
  if (filter.person !== undefined) rows = rows.where('user_id', '=', filter.person);
  if (filter.clientApp !== undefined) rows = rows.where('client_app_id', '=', filter.clientApp);
  if (filter.resourceApp !== undefined) rows = rows.where('resource_app_id', '=', filter.resourceApp);
  if (filter.connection !== undefined) rows = rows.where('connection_id', '=', filter.connection);
  if (filter.from !== undefined) rows = rows.where('issued_at', '>=', filter.from);
  if (filter.to !== undefined) rows = rows.where('issued_at', '<', filter.to);
  if (own !== undefined)
    rows = rows.where((e) =>
      e.or([
        e('client_app_id', 'in', orNothing(own.clientApps)),
        e('resource_app_id', 'in', orNothing(own.resourceApps)),
      ]),
    );
  if (page.after !== undefined) {
    const [at, jti] = [Number(page.after[0]), String(page.after[1])];
    rows = rows.where('issued_at', '<=', at).where((e) => e.or([e('issued_at', '<', at), e('jti', '<', jti)]));
  }
  return rows
    .orderBy('issued_at', 'desc')
    .orderBy('jti', 'desc')
    .limit(page.limit + 1)
    .execute();
}

/** An empty list is no SQL; nothing has the empty name. */
function orNothing(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [''] : names;
}
