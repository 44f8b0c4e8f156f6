import { findAudit, type StoredAudit, storedAudit } from '@crossgrant/platform';
import { explainDecision } from '@crossgrant/platform/explain';
import type { IdpDatabase } from '../../store/schema.ts';
import type { Scope } from '../domain/admin.ts';
import { instant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { type AuditFilter, listAuditRows, type OwnDecisions, personalOf } from '../store/audit-lists.ts';
import type { Reads } from '../store/reads.ts';

export interface DecisionView {
  readonly id: string;
  readonly at: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly client: string | null;
  readonly audience: string | null;
  readonly resource: string | null;
  readonly scopesRequested: string | null;
  readonly scopesGranted: string | null;
  readonly rules: readonly string[];
  readonly jti: string | null;
  /** Null when it was erased, or when this role may not see people. */
  readonly person: { readonly id: string; readonly username: string | null } | null;
}

export interface Explanation {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

/** Whether the reader may see people, and which decisions. */
export interface DecisionReader {
  readonly seesPeople: boolean;
  readonly scope: Scope;
}

export async function listDecisionViews(
  kysely: Reads,
  tenantId: string,
  { filter, reader, page }: { filter: Omit<AuditFilter, 'kind'>; reader: DecisionReader; page: PageRequest },
): Promise<Page<DecisionView>> {
  const own = await ownDecisions(kysely, tenantId, reader.scope);
  const rows = await listAuditRows(kysely, tenantId, { filter: { ...filter, kind: 'exchange' }, own, page });
  const found = toPage(rows, page.limit, ({ at, id }) => [at, id]);
  const personal = await personalOf(kysely, tenantId, found.items);
  return mapPage(found, (items) =>
    items.map((row) => viewDecision(storedAudit(row, personal.get(row.personal_ref ?? '')), reader)),
  );
}

/** One decision with the same explanation that `crossgrant explain` prints. */
export async function findDecisionView(
  database: IdpDatabase,
  tenantId: string,
  id: string,
  reader: DecisionReader,
): Promise<(DecisionView & { readonly explanation: readonly Explanation[] }) | undefined> {
  const stored = await findAudit(database, tenantId, id);
  if (stored?.kind !== 'exchange') return undefined;
  if (!isOwn(stored, await ownDecisions(database.kysely, tenantId, reader.scope))) return undefined; // LES-67
  const entry = reader.seesPeople ? stored : withoutPerson(stored); // LES-67
  const names = await namesIn(database.kysely, tenantId, entry);
  const rows = explainDecision({ server: 'idp', entry, ...names });
  return {
    ...viewDecision(stored, reader),
    explanation: rows.map(({ label, value, note }) => ({ label, value, note })),
  };
}

function viewDecision(entry: StoredAudit, { seesPeople }: DecisionReader): DecisionView {
  return {
    id: entry.id,
    at: instant(entry.at),
    outcome: entry.outcome,
    code: entry.code ?? null,
    client: entry.client ?? null,
    audience: entry.audience ?? null,
    resource: entry.resource ?? null,
    scopesRequested: entry.scopesRequested ?? null,
    scopesGranted: entry.scopesGranted ?? null,
    rules: entry.ruleIds ?? [],
    jti: entry.jti ?? null,
    person:
      seesPeople && entry.personal !== undefined
        ? { id: entry.personal.person, username: entry.personal.username ?? null }
        : null,
  };
}

/** What is left for those who may not see people: the facts about apps and scopes. */
function withoutPerson({ personal: _person, facts, ...entry }: StoredAudit): StoredAudit {
  const kept = ['issuer', 'policyVersion', 'resources', 'connection', 'reasons', 'resourceReasons'];
  const open = Object.entries(facts ?? {}).filter(([name]) => kept.includes(name));
  return { ...entry, facts: Object.fromEntries(open) };
}

async function ownDecisions(kysely: Reads, tenantId: string, scope: Scope): Promise<OwnDecisions | undefined> {
  if (scope.kind === 'all') return undefined;
  const clients = await kysely
    .selectFrom('client_apps')
    .select('client_id')
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ['', ...scope.clientApps])
    .execute();
  const apps = await kysely
    .selectFrom('resource_apps')
    .select(['issuer', 'aliases'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ['', ...scope.resourceApps])
    .execute();
  return {
    clients: clients.map((row) => row.client_id),
    audiences: apps.flatMap((row) => [row.issuer, ...(JSON.parse(row.aliases) as string[])]),
  };
}

function isOwn(entry: StoredAudit, own: OwnDecisions | undefined): boolean {
  if (own === undefined) return true;
  return own.clients.includes(entry.client ?? '') || own.audiences.includes(entry.audience ?? '');
}

async function namesIn(
  kysely: Reads,
  tenantId: string,
  { ruleIds = [], facts }: StoredAudit,
): Promise<{ rules: readonly { id: string; key?: string; effect?: string }[]; connection?: string }> {
  const known = await kysely
    .selectFrom('rules')
    .select(['id', 'key', 'effect'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', ['', ...ruleIds])
    .execute();
  const connection =
    typeof facts?.connection === 'string'
      ? await kysely
          .selectFrom('connections')
          .select('key')
          .where('tenant_id', '=', tenantId)
          .where('id', '=', facts.connection)
          .executeTakeFirst()
      : undefined;
  return { rules: ruleIds.map((id) => known.find((rule) => rule.id === id) ?? { id }), connection: connection?.key };
}
