import type { Selectable } from 'kysely';
import type { IssuanceRow } from '../../store/schema.ts';
import { instant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { type IssuanceFilter, listIssuanceRows } from '../store/audit-lists.ts';
import type { Reads } from '../store/reads.ts';
import type { DecisionReader } from './decisions.ts';

export interface IssuanceView {
  readonly jti: string;
  readonly decision: string;
  readonly person: string | null;
  readonly clientApp: string;
  readonly resourceApp: string;
  readonly connection: string;
  readonly audience: string;
  readonly resourceClientId: string;
  readonly resources: readonly string[];
  readonly scopes: readonly string[];
  readonly sid: string | null;
  readonly issuedAt: string;
  readonly expiresAt: string;
}

export async function listIssuanceViews(
  kysely: Reads,
  tenantId: string,
  { filter, reader, page }: { filter: IssuanceFilter; reader: DecisionReader; page: PageRequest },
): Promise<Page<IssuanceView>> {
  const own = reader.scope.kind === 'own' ? reader.scope : undefined;
  const rows = await listIssuanceRows(kysely, tenantId, { filter, own, page });
  const found = toPage(rows, page.limit, (row) => [row.issued_at, row.jti]);
  return mapPage(found, (items) => items.map((row) => viewIssuance(row, reader)));
}

export async function findIssuanceView(
  kysely: Reads,
  tenantId: string,
  jti: string,
  reader: DecisionReader,
): Promise<IssuanceView | undefined> {
  const row = await kysely
    .selectFrom('issuances')
    .selectAll()
    .where('tenant_id', '=', tenantId) // LES-38
    .where('jti', '=', jti)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { scope } = reader;
  const isVisible =
    scope.kind === 'all' ||
    scope.clientApps.includes(row.client_app_id) ||
    scope.resourceApps.includes(row.resource_app_id);
  if (!isVisible) return undefined; // LES-67
  return viewIssuance(row, reader);
}

function viewIssuance(row: Selectable<IssuanceRow>, { seesPeople }: DecisionReader): IssuanceView {
  return {
    jti: row.jti,
    decision: row.decision_id,
    person: seesPeople ? row.user_id : null,
    clientApp: row.client_app_id,
    resourceApp: row.resource_app_id,
    connection: row.connection_id,
    audience: row.audience,
    resourceClientId: row.resource_client_id,
    resources: JSON.parse(row.resources) as string[],
    scopes: JSON.parse(row.scopes) as string[],
    sid: seesPeople ? row.sid : null,
    issuedAt: instant(row.issued_at),
    expiresAt: instant(row.expires_at),
  };
}
