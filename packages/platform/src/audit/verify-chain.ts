import { type Kysely, sql } from 'kysely';
import type { CoreSchema } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import { type AuditRow, canonicalBytes, emptyHash, isPersonOf, type PersonalRow, sha256 } from './chain.ts';

export interface ChainVerdict {
  readonly rows: number;
  readonly firstBad?: { readonly writer: string; readonly sequence: number };
}

/**
 * Walks every writer's chain and recomputes it from the columns. Names the first row that was changed, removed from the
 * middle, inserted or reordered. A chain whose end was cut off looks whole from inside; only an outside anchor shows that.
 */
export async function verifyAuditChain<S>(database: Database<S>): Promise<ChainVerdict> {
  const kysely = database.kysely as unknown as Kysely<CoreSchema>;
  const writers = await kysely.selectFrom('audit_rows').select('writer').distinct().orderBy('writer').execute();
  let rows = 0;
  for (const { writer } of writers) {
    const verdict = await verifyWriter(kysely, writer);
    rows += verdict.rows;
    if (verdict.bad !== undefined) return { rows, firstBad: { writer, sequence: verdict.bad } };
  }
  return { rows };
}

const pageSize = 1_000;

async function verifyWriter(kysely: Kysely<CoreSchema>, writer: string): Promise<{ rows: number; bad?: number }> {
  let sequence = 0;
  let hash = emptyHash;
  for (;;) {
    const page = await kysely
      .selectFrom('audit_rows')
      .selectAll()
      .where('writer', '=', writer)
      .where('sequence', '>', sequence)
      .orderBy('sequence')
      .limit(pageSize)
      .execute();
    const personal = await readPersonal(kysely, page);
    for (const row of page) {
      const isNext = row.sequence === sequence + 1 && row.previous_hash === hash;
      if (!isNext || !isIntact(row, personal)) return { rows: sequence, bad: sequence + 1 }; // ADM-04
      sequence = row.sequence;
      hash = row.hash;
    }
    if (page.length < pageSize) return { rows: sequence };
  }
}

async function readPersonal(
  kysely: Kysely<CoreSchema>,
  page: readonly AuditRow[],
): Promise<ReadonlyMap<string, PersonalRow>> {
  const refs = page.flatMap((row) => (row.personal_ref === null ? [] : [row.personal_ref]));
  if (refs.length === 0) return new Map();
  const rows = await kysely
    .selectFrom('audit_personal')
    .selectAll()
    .where(sql<boolean>`ref in (${sql.join(refs)})`)
    .execute();
  return new Map(rows.map((row) => [row.ref, row]));
}

/** Erased personal data is no fault; changed personal data is. */
function isIntact(row: AuditRow, personal: ReadonlyMap<string, PersonalRow>): boolean {
  const bytes = canonicalBytes(row);
  if (sha256(bytes) !== row.hash || !Buffer.from(row.canonical).equals(bytes)) return false;
  const person = row.personal_ref === null ? undefined : personal.get(row.personal_ref);
  return person === undefined || isPersonOf(person.ref, person);
}
