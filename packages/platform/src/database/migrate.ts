import { type Kysely, sql } from 'kysely';
import { Misuse } from '../errors.ts';
import type { CoreSchema } from './core-schema.ts';

export type Engine = 'sqlite' | 'postgres';

/** One forward step of the schema. It runs once, inside the transaction that holds the migration lock. */
export interface Migration {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a migration sees the schema as it is before it runs
  up(db: Kysely<any>, engine: Engine): Promise<void>;
}

/**
 * Applies what is missing, in order, in one transaction under a lock that ends with it. Replicas that start together
 * wait for each other; one that dies half-way leaves nothing behind.
 */
export async function migrate<S extends CoreSchema>(
  kysely: Kysely<S>,
  engine: Engine,
  migrations: readonly Migration[],
  now: number,
): Promise<void> {
  const names = migrations.map((migration) => migration.name);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined)
    throw new Misuse('database/migration-twin', `Two migrations are called ${twin}; names must differ.`);

  await (kysely as unknown as Kysely<CoreSchema>).transaction().execute(async (trx) => {
    if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(trx); // LES-79
    await trx.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('applied_at', 'bigint', (column) => column.notNull())
      .execute();
    const applied = new Set((await trx.selectFrom('migrations').select('name').execute()).map((row) => row.name));
    for (const migration of migrations) {
      if (applied.has(migration.name)) continue;
      await migration.up(trx, engine);
      await trx.insertInto('migrations').values({ name: migration.name, applied_at: now }).execute();
    }
  });
}

const migrationLock = 4_701_470_147;
