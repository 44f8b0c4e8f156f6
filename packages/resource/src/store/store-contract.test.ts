import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { freshDatabaseUrl, startPostgres } from '@crossgrant/testkit/postgres';
import { afterAll, beforeAll, describe } from 'vitest';
import { runResourceStoreContract, type StoreUnderTest } from './contract.ts';
import { createMemoryResourceStore } from './memory.ts';
import { openPostgresStore } from './postgres.ts';
import { openSqliteStore } from './sqlite.ts';

/** The contract's names begin with rule ids; here they become what the catalogue is checked against. */
function register(name: string, body: () => Promise<void>): void {
  const ids =
    name
      .match(/^(?:[A-Z]+-\d+ )+/)?.[0]
      .trim()
      .split(' ') ?? [];
  verifies(ids, name.slice(ids.join(' ').length + 1), body, 60_000);
}

runResourceStoreContract(
  'memory',
  async () => ({ store: createMemoryResourceStore(), close: async () => undefined }),
  register,
);

runResourceStoreContract('sqlite', makeSqlite, register);

describe('PostgreSQL', () => {
  let baseUrl = process.env.CROSSGRANT_TEST_POSTGRES ?? '';
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    if (baseUrl !== '') return;
    const started = await startPostgres();
    baseUrl = started.url;
    stop = started.stop;
  }, 120_000);
  afterAll(() => stop());

  runResourceStoreContract(
    'postgres, two replicas',
    async () => makePostgres(await freshDatabaseUrl(baseUrl)),
    register,
  );
});

async function makeSqlite(): Promise<StoreUnderTest> {
  const file = join(tmpdir(), `crossgrant-store-${randomUUID()}.db`);
  const store = await openSqliteStore({ file });
  return {
    store,
    async close() {
      await store.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    },
  };
}

async function makePostgres(url: string): Promise<StoreUnderTest> {
  const store = await openPostgresStore({ url });
  const replica = await openPostgresStore({ url });
  return {
    store,
    replica,
    async close() {
      await Promise.all([store.close(), replica.close()]);
    },
  };
}
