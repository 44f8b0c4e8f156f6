import { type Kysely, sql } from 'kysely';
import type { CoreSchema } from './core-schema.ts';

/**
 * Makes the monthly partitions of the audit table for this month and the three after it (PostgreSQL). Rows outside any
 * partition land in the default one, so a missed run loses nothing.
 */
export async function ensureAuditPartitions(kysely: Kysely<CoreSchema>, now: number): Promise<void> {
  for (const { name, from, to } of monthsAhead(now, 4)) {
    await kysely.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(4702, 1)`.execute(trx);
      const { rows } = await sql<{ present: boolean }>`select to_regclass(${name}) is not null as present`.execute(trx);
      if (rows[0]?.present === true) return;
      await sql`create table ${sql.table(name)} partition of audit_rows for values from (${sql.lit(from)}) to (${sql.lit(to)})`.execute(
        trx,
      );
    });
  }
}

/** Month partitions from the month of `now` on: name, first and first excluded millisecond. */
export function monthsAhead(now: number, count: number): readonly { name: string; from: number; to: number }[] {
  const start = new Date(now);
  return Array.from({ length: count }, (_, offset) => {
    const from = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + offset, 1);
    const to = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + offset + 1, 1);
    const month = new Date(from).toISOString().slice(0, 7).replace('-', '_');
    return { name: `audit_rows_${month}`, from, to };
  });
}
