import { verifies } from '@crossgrant/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type Database, type Migration, openDatabase } from '../src/index.ts';
import { runChild } from './child.ts';
import { engines, freshUrl } from './engines.ts';

interface Schema {
  things: { id: string };
}

const slow: Migration = {
  name: 'things-1',
  async up(db) {
    await db.schema.createTable('things').addColumn('id', 'text').execute();
    await db.insertInto('things').values({ id: 'made once' }).execute();
  },
};

describe.each(engines)('migrations on %s', (engine) => {
  test(`handles opened together migrate once (${engine})`, async () => {
    const url = await freshUrl(engine);
    const databases = await Promise.all(
      Array.from({ length: 4 }, () => openDatabase<Schema>({ url, migrations: [slow] })),
    );
    expect(await databases[0]?.kysely.selectFrom('things').selectAll().execute()).toEqual([{ id: 'made once' }]);
    await Promise.all(databases.map((database) => database.close()));
  });

  verifies(
    'LES-79',
    `two processes that start at once both run, on one schema (${engine})`,
    async () => {
      const url = await freshUrl(engine);
      const children = await Promise.all([
        runChild(['migrate', url]),
        runChild(['migrate', url]),
        runChild(['migrate', url]),
      ]);
      const lines = await Promise.all(children.map((child) => child.ended));
      expect(lines).toEqual([['ready 2'], ['ready 2'], ['ready 2']]);
    },
    120_000,
  );

  test(`a migration that fails leaves no trace (${engine})`, async () => {
    const url = await freshUrl(engine);
    const failing: Migration = {
      name: 'things-2',
      async up(db) {
        await db.schema.createTable('halves').addColumn('id', 'text').execute();
        throw new Error('broken step');
      },
    };
    await expect(openDatabase({ url, migrations: [slow, failing] })).rejects.toThrow('broken step');
    const database = await openDatabase<Schema>({ url, migrations: [slow] });
    expect(await database.kysely.selectFrom('things').selectAll().execute()).toHaveLength(1);
    await expect(sql`select * from halves`.execute(database.kysely)).rejects.toThrow();
    await database.close();
  });

  test(`two migrations of one name are misuse (${engine})`, async () => {
    const url = await freshUrl(engine);
    await expect(openDatabase({ url, migrations: [slow, slow] })).rejects.toMatchObject({
      code: 'database/migration-twin',
    });
  });

  test(`numbers, flags and bytes come back as they went in (${engine})`, async () => {
    const url = await freshUrl(engine);
    const database: Database<unknown> = await openDatabase({ url, migrations: [] });
    const row = { kind: 'k', scope: 's', key: 'x', attempt_id: 'a', keep_until: 4_102_444_800_000 };
    await database.kysely.insertInto('single_use').values(row).execute();
    expect(await database.kysely.selectFrom('single_use').selectAll().executeTakeFirst()).toEqual(row);
    await database.close();
  });
});

test('an in-memory database is refused', async () => {
  await expect(openDatabase({ url: ':memory:', migrations: [] })).rejects.toMatchObject({ code: 'database/path' });
});

verifies('LES-79', 'a replica that dies while it migrates leaves the lock to the next', async () => {
  const url = await freshUrl('PostgreSQL');
  const doomed = new pg.Client({ connectionString: url });
  doomed.on('error', () => undefined);
  await doomed.connect();
  await doomed.query('BEGIN');
  await doomed.query('SELECT pg_advisory_xact_lock(4701470147)');
  let isOpen = false;
  const opening = openDatabase({ url, migrations: [] }).finally(() => {
    isOpen = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(isOpen).toBe(false);
  (doomed as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  const database = await opening;
  expect(await database.kysely.selectFrom('migrations').select('name').execute()).toEqual([
    { name: 'core-1' },
    { name: 'core-2-keys' },
  ]);
  await database.close();
});

test('on PostgreSQL the audit table has partitions for the months ahead', async () => {
  const url = await freshUrl('PostgreSQL');
  const database = await openDatabase({ url, migrations: [], clock: () => Date.UTC(2026, 10, 24) });
  await database.close();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_rows'::regclass ORDER BY 1",
  );
  await client.end();
  expect(rows.map((row) => row.name)).toEqual([
    'audit_rows_2026_11',
    'audit_rows_2026_12',
    'audit_rows_2027_01',
    'audit_rows_2027_02',
    'audit_rows_default',
  ]);
});
