import { type Kysely, sql, type Transaction } from 'kysely';
import { type AuditEntry, auditColumns } from '../audit/audit-entry.ts';
import { type ChainState, startChain } from '../audit/chain.ts';
import { auditGroups } from '../commit/batch-rows.ts';
import type { CoreSchema } from './core-schema.ts';
import type { Engine } from './migrate.ts';
import { scopeLock } from './scope-lock.ts';

/** Collects audit rows that become durable together with the change they describe. */
export type AuditChange = (entry: AuditEntry) => void;

export type ScopeChange<T> = (trx: Transaction<CoreSchema>, epoch: number, audit: AuditChange) => Promise<T>;

export interface ChangeWriter {
  run<T>(scope: string, change: ScopeChange<T>): Promise<T>;
}

/** Runs the changes of one process one after another: they share one audit chain. */
export function createChangeWriter(options: {
  kysely: Kysely<CoreSchema>;
  engine: Engine;
  writer: string;
  announce: (scope: string, epoch: number) => void;
}): ChangeWriter {
  const { kysely, engine, writer, announce } = options;
  let chain: ChainState | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function apply<T>(scope: string, change: ScopeChange<T>): Promise<T> {
    const start = chain ?? (await readChain(kysely, writer));
    chain = undefined;
    const done = await kysely.transaction().execute(async (trx) => {
      if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${sql.raw(scopeLock(scope))})`.execute(trx);
      const { epoch } = await trx
        .insertInto('revocation_epochs')
        .values({ scope, epoch: 1 })
        .onConflict((conflict) =>
          conflict.column('scope').doUpdateSet({ epoch: sql<number>`revocation_epochs.epoch + 1` }),
        )
        .returning('epoch')
        .executeTakeFirstOrThrow();
      const entries: AuditEntry[] = [];
      const value = await change(trx, epoch, (entry) => entries.push(entry));
      const next = await writeAudit(trx, entries, start);
      if (engine === 'postgres') await sql`select pg_notify('crossgrant_epoch', ${`${epoch} ${scope}`})`.execute(trx); // LES-79
      return { value, epoch, next };
    });
    chain = done.next;
    announce(scope, done.epoch);
    return done.value;
  }

  return {
    run(scope, change) {
      const result = last.then(() => apply(scope, change));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

async function readChain(kysely: Kysely<CoreSchema>, writer: string): Promise<ChainState> {
  const row = await kysely
    .selectFrom('audit_rows')
    .select(['sequence', 'hash'])
    .where('writer', '=', writer)
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? startChain(writer) : { writer, sequence: row.sequence, hash: row.hash };
}

async function writeAudit(
  trx: Transaction<CoreSchema>,
  entries: readonly AuditEntry[],
  start: ChainState,
): Promise<ChainState> {
  const { groups, chain } = auditGroups(entries.map(auditColumns), start);
  for (const { table, columns, rows } of groups) {
    const values = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
    await trx
      .insertInto(table as 'audit_rows')
      .values(values as unknown as CoreSchema['audit_rows'][])
      .execute();
  }
  return chain;
}
