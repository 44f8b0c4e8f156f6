import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabaseUrl } from '@crossgrant/testkit';
import { type Database, type DatabaseOptions, openDatabase } from '../src/index.ts';

export { auditEntry, commitRequest, countOf } from './requests.ts';

export const engines = ['SQLite', 'PostgreSQL'] as const;
export type EngineName = (typeof engines)[number];

/** An empty database of the engine. */
export async function freshUrl(engine: EngineName): Promise<string> {
  if (engine === 'PostgreSQL') return freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
  return join(await mkdtemp(join(tmpdir(), 'crossgrant-platform-')), 'test.db');
}

/** Runs a body with as many handles on one fresh database as asked, and closes them. */
export async function withDatabases<S>(
  engine: EngineName,
  count: number,
  body: (databases: readonly Database<S>[], url: string) => Promise<void>,
  options: Partial<DatabaseOptions> = {},
): Promise<void> {
  const url = await freshUrl(engine);
  const databases: Database<S>[] = [];
  for (let index = 0; index < count; index += 1)
    databases.push(await openDatabase<S>({ url, migrations: [], ...options }));
  try {
    await body(databases, url);
  } finally {
    await Promise.all(databases.map((database) => database.close()));
    if (engine === 'SQLite') await rm(join(url, '..'), { recursive: true, force: true });
  }
}
