import { type AuditChange, changeScope, type Database, type StatedState, takeStatedState } from '@crossgrant/platform';
import type { AuthServerConfig } from '../config.ts';
import { configurationEntry } from './configuration-entry.ts';
import { type DesiredRows, desiredRows } from './desired-rows.ts';
import { type DirectoryDeps, readDirectory } from './load-directory.ts';
import type { AuthServerSchema } from './schema.ts';

type Transaction = Parameters<Parameters<typeof changeScope<AuthServerSchema, unknown>>[2]>[0];

/**
 * Brings customers, trust, clients and resources to what the configuration states, by stable key. Nothing is deleted, and
 * a state counts when the configuration states another one than it did last: a restart does not unblock a client. What
 * differs is one change with one audit row per entry; a restart with the same configuration changes nothing, and neither
 * does one whose trust makes no sense.
 */
export async function applyConfiguration(config: AuthServerConfig, deps: DirectoryDeps): Promise<void> {
  const desired = desiredRows(config, deps.secrets);
  if (!(await differs(deps.database, desired))) return;
  const now = deps.clock();
  await changeScope(deps.database, deps.scope, async (trx, epoch, record) => {
    const note = noteTo(record, deps.scope, now);
    for (const row of desired.customers) {
      await upsert(trx, 'customers', 'customer_id', row, epoch, note);
    }
    for (const row of desired.trustedIssuers) await upsert(trx, 'trusted_issuers', 'issuer', row, epoch, note);
    for (const { mac, ...row } of desired.clients) {
      await upsert(trx, 'as_clients', 'client_id', row, epoch, note);
      if (mac !== undefined) await keepSecret(trx, { clientId: row.client_id, mac, now, epoch }, note);
    }
    for (const row of desired.resources) await upsert(trx, 'as_resources', 'resource_key', row, epoch, note);
    await readDirectory(trx, epoch, deps); // LES-73
  });
}

type Note = (table: string, key: string) => void;
type UpsertTable = 'customers' | 'trusted_issuers' | 'as_clients' | 'as_resources';
type Row = { readonly [column: string]: string | number | null | undefined };

async function differs(database: Database<AuthServerSchema>, desired: DesiredRows): Promise<boolean> {
  const { kysely } = database;
  const [customers, issuers, clients, resources, secrets] = await Promise.all([
    kysely.selectFrom('customers').selectAll().execute(),
    kysely.selectFrom('trusted_issuers').selectAll().execute(),
    kysely.selectFrom('as_clients').selectAll().execute(),
    kysely.selectFrom('as_resources').selectAll().execute(),
    kysely.selectFrom('as_client_secrets').select(['client_id', 'mac']).where('expires_at', 'is', null).execute(),
  ]);
  const live = new Set(secrets.map(({ client_id, mac }) => JSON.stringify([client_id, mac])));
  return (
    hasNews(desired.customers, customers, 'customer_id') ||
    hasNews(desired.trustedIssuers, issuers, 'issuer') ||
    hasNews(desired.resources, resources, 'resource_key') ||
    desired.clients.some(
      ({ mac, ...row }) => hasNews([row], clients, 'client_id') || isNewSecret(live, row.client_id, mac),
    )
  );
}

function hasNews(rows: readonly Row[], stored: readonly object[], key: string): boolean {
  return rows.some((row) => {
    const known = stored.find((each) => (each as Row)[key] === row[key]);
    return !matches(row, known);
  });
}

function isNewSecret(live: ReadonlySet<string>, clientId: string, mac: string | undefined): boolean {
  return mac !== undefined && !live.has(JSON.stringify([clientId, mac]));
}

async function upsert(
  trx: Transaction,
  table: UpsertTable,
  keyColumn: string,
  row: Row,
  epoch: number,
  note: Note,
): Promise<void> {
  const key = String(row[keyColumn]);
  const known = (await trx
    .selectFrom(table)
    .selectAll()
    .where(keyColumn as never, '=', key as never)
    .executeTakeFirst()) as Row | undefined;
  if (matches(row, known)) return;

  const values = { ...toStore(row, known), version: epoch };
  await trx
    .insertInto(table)
    .values(values as never)
    .onConflict((conflict) => conflict.column(keyColumn as never).doUpdateSet(values as never))
    .execute();
  note(table, key);
}

/** One live secret per configured client: another one than before ends the others at once. */
async function keepSecret(
  trx: Transaction,
  { clientId, mac, now, epoch }: { clientId: string; mac: string; now: number; epoch: number },
  note: Note,
): Promise<void> {
  const live = await trx
    .selectFrom('as_client_secrets')
    .select('mac')
    .where('client_id', '=', clientId)
    .where('expires_at', 'is', null)
    .execute();
  if (live.length === 1 && live[0]?.mac === mac) return;
  await trx
    .updateTable('as_client_secrets')
    .set({ expires_at: now, version: epoch })
    .where('client_id', '=', clientId)
    .where('mac', '<>', mac)
    .where('expires_at', 'is', null)
    .execute();
  await trx
    .insertInto('as_client_secrets')
    .values({ client_id: clientId, mac, created_at: now, expires_at: null, version: epoch })
    .onConflict((conflict) => conflict.columns(['client_id', 'mac']).doUpdateSet({ expires_at: null, version: epoch }))
    .execute();
  note('as_client_secrets', clientId);
}

function noteTo(record: AuditChange, scope: string, at: number): Note {
  return (table, key) => record(configurationEntry(scope, at, table, { key })); // ADM-04
}

/** Whether the row is stored already as it would be written. */
function matches(row: Row, known: object | undefined): boolean {
  if (known === undefined) return false;
  return Object.entries(toStore(row, known)).every(([column, value]) => (known as Row)[column] === value);
}

/** A state that is stated once more in the same words leaves what a command made of it. */
function toStore(row: Row, known: object | undefined): Row {
  if (!('state' in row)) return row;
  const stated = row.state as string | undefined;
  return { ...row, ...takeStatedState(known as StatedState<string> | undefined, stated, 'active') }; // LES-20, ADM-02
}
