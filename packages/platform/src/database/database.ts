import { randomBytes } from 'node:crypto';
import type { Clock } from '@crossgrant/protocol';
import { type Compilable, Kysely, PostgresDialect } from 'kysely';
import { type CommitQueue, createCommitQueue } from '../commit/commit-queue.ts';
import { createPostgresRunner } from '../commit/postgres-runner.ts';
import { createSqliteRunner } from '../commit/sqlite-runner.ts';
import { StoreUnavailable } from '../errors.ts';
import { ensureAuditPartitions } from './audit-partitions.ts';
import { type ChangeFeed, type ChangeListener, createChangeFeed } from './change-feed.ts';
import { type ChangeWriter, createChangeWriter } from './change-writer.ts';
import { coreMigrations } from './core-migrations.ts';
import type { CoreSchema } from './core-schema.ts';
import { kyselyLookUps, type LookUp, sqliteLookUps } from './look-up.ts';
import { postgresSweep, startMaintenance } from './maintenance.ts';
import { type Engine, type Migration, migrate } from './migrate.ts';
import { createPostgresListener } from './postgres-listener.ts';
import { createPostgresPool, postgresSettings } from './postgres-pool.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { openSqliteFile } from './sqlite-file.ts';
import { isStoreFault } from './store-fault.ts';

export interface Database<S> {
  readonly engine: Engine;
  readonly kysely: Kysely<S & CoreSchema>;
  /** Prepares a query that a hot path asks at every request. Its values are only examples; those of a call take their places. */
  lookUp<R>(query: Compilable<R>): LookUp<R>;
  /** Where issuance and redemption become durable. */
  readonly commits: CommitQueue;
  /** Changes of what snapshots hold; use changeScope. */
  readonly changes: ChangeWriter;
  /**
   * Calls the listener with each scope that changed, here or in another process. One whose promise fails is told again.
   * Returns how to stop.
   */
  onChange(listener: ChangeListener): () => void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A file path (SQLite) or a postgres:// URL. */
  readonly url: string;
  /** They run after the core ones, forward only. */
  readonly migrations: readonly Migration[];
  readonly clock?: Clock;
  /** Leads the names of this process's audit chains. */
  readonly writer?: string;
  /** How often other processes' changes are looked for. */
  readonly pollMs?: number;
  readonly maxQueued?: number;
  /** Hears what goes wrong in the background: a listener that threw, a lost connection. */
  readonly onProblem?: (problem: string, cause?: unknown) => void;
}

/** Opens the database, brings its schema up to date and starts what runs beside it. */
export async function openDatabase<S>(options: DatabaseOptions): Promise<Database<S>> {
  const engine: Engine = /^postgres(ql)?:\/\//i.test(options.url) ? 'postgres' : 'sqlite';
  const clock = options.clock ?? Date.now;
  const onProblem = options.onProblem ?? (() => undefined);
  const kysely = openKysely(engine, options.url, onProblem);
  try {
    await migrateInTurn(() => migrate(kysely, engine, [...coreMigrations, ...options.migrations], clock()));
  } catch (error) {
    await kysely.destroy();
    if (isStoreFault(error)) throw new StoreUnavailable('the database is out of reach', { cause: error });
    throw error;
  }
  const writer = `${options.writer ?? 'writer'}-${randomBytes(9).toString('base64url')}`;
  const kyselyReads = kyselyLookUps(kysely);
  const lookUps = engine === 'sqlite' ? sqliteLookUps(options.url, kyselyReads) : kyselyReads;
  const feed = await openFeed(kysely, options.pollMs ?? 1_000, onProblem);
  const listener = engine === 'postgres' ? listen(options.url, feed, onProblem) : undefined;
  const sqlite = engine === 'sqlite' ? createSqliteRunner({ path: options.url, writer }) : undefined;
  const runner = sqlite ?? createPostgresRunner({ url: options.url, writer });
  const commits = createCommitQueue(runner, { maxQueued: options.maxQueued });
  const maintenance = startMaintenance({
    clock,
    sweep: sqlite?.sweep ?? postgresSweep(kysely),
    prepare: async (now) => {
      if (engine === 'postgres') await ensureAuditPartitions(kysely, now);
    },
    onProblem,
  });
  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    await maintenance.close();
    await commits.close();
    await Promise.all([feed.close(), listener?.close()]);
    lookUps.close();
    await kysely.destroy();
  }
  return {
    engine,
    kysely: kysely as unknown as Kysely<S & CoreSchema>,
    lookUp: lookUps.prepare,
    commits,
    changes: createChangeWriter({ kysely, engine, writer: `${writer}-c`, announce: feed.announce }),
    onChange: feed.onChange,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

/** Another process may hold the lock of a SQLite file for as long as its migrations take. */
async function migrateInTurn(attempt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || performance.now() > deadline) throw error;
    }
  }
}

type Report = (problem: string, cause?: unknown) => void;

function openKysely(engine: Engine, url: string, onProblem: Report): Kysely<CoreSchema> {
  if (engine === 'sqlite') return new Kysely<CoreSchema>({ dialect: sqliteDialect(openSqliteFile(url, 20)) });
  const settings = { ...postgresSettings(url), max: 8 };
  const pool = createPostgresPool(settings, (error) => onProblem('an idle database connection was lost', error));
  return new Kysely<CoreSchema>({ dialect: new PostgresDialect({ pool }) });
}

async function openFeed(kysely: Kysely<CoreSchema>, pollMs: number, onProblem: Report): Promise<ChangeFeed> {
  const feed = createChangeFeed({
    readEpochs: async () => {
      const rows = await kysely.selectFrom('revocation_epochs').selectAll().execute();
      return new Map(rows.map((row) => [row.scope, row.epoch]));
    },
    pollMs,
    onProblem: (error) => onProblem('the change feed failed', error),
  });
  await feed.check();
  return feed;
}

function listen(url: string, feed: ChangeFeed, onProblem: Report): { close(): Promise<void> } {
  return createPostgresListener({
    url,
    onNews: feed.announce,
    onConnect: () => void feed.check().catch((error) => onProblem('the change feed failed', error)),
    onProblem: (error) => onProblem('the notification connection was lost', error),
    onDeaf: () =>
      onProblem(
        'notifications do not arrive; a pooler in transaction mode swallows them, so changes are seen by the poll only',
      ),
  });
}
