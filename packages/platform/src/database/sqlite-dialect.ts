import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { StoreUnavailable } from '../errors.ts';
import { isBusy } from './sqlite-file.ts';

/**
 * Kysely on node:sqlite. One connection serves one query or transaction at a time; a lock held by another thread or
 * process is waited for without blocking the event loop.
 */
export function sqliteDialect(database: DatabaseSync, patienceMs = 5_000): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(database, patienceMs),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(database: DatabaseSync, patienceMs: number): Driver {
  const turns = createTurns(patienceMs);
  const connection = createConnection(database, patienceMs);
  const run = async (text: string): Promise<void> => {
    await patiently(() => database.exec(text), patienceMs);
  };
  return {
    async init() {},
    async acquireConnection() {
      await turns.enter();
      return connection;
    },
    async releaseConnection() {
      turns.leave();
    },
    beginTransaction: () => run('BEGIN IMMEDIATE'),
    commitTransaction: () => run('COMMIT'),
    rollbackTransaction: async () => {
      if (database.isTransaction) await run('ROLLBACK');
    },
    async destroy() {
      await turns.enter();
      database.close();
    },
  };
}

function createConnection(database: DatabaseSync, patienceMs: number): DatabaseConnection {
  const statements = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    const known = statements.get(text);
    if (known !== undefined) return known;
    const statement = database.prepare(text);
    const oldest = statements.keys().next().value;
    if (statements.size >= 256 && oldest !== undefined) statements.delete(oldest);
    statements.set(text, statement);
    return statement;
  };
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const values = query.parameters.map(toSqlite);
      return patiently(() => {
        const statement = prepare(query.sql);
        if (statement.columns().length > 0) return { rows: statement.all(...values) as R[] };
        const { changes, lastInsertRowid } = statement.run(...values);
        return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
      }, patienceMs);
    },
    async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
      for (const row of database.prepare(query.sql).iterate(...query.parameters.map(toSqlite)))
        yield { rows: [row as R] };
    },
  };
}

/** Retries while another connection holds the lock. Each attempt is short, so the event loop stays alive. */
async function patiently<T>(attempt: () => T, patienceMs: number): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() > deadline) throw new StoreUnavailable('the database file stays locked', { cause: error });
      await sleep(3);
    }
  }
}

function createTurns(patienceMs: number): { enter(): Promise<void>; leave(): void } {
  let isTaken = false;
  const queue: (() => void)[] = [];
  return {
    enter() {
      if (!isTaken) {
        isTaken = true;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const turn = (): void => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(turn), 1);
          reject(new StoreUnavailable('a transaction stays open; inside one, use its own handle only'));
        }, patienceMs * 2);
        queue.push(turn);
      });
    },
    leave() {
      const next = queue.shift();
      if (next === undefined) isTaken = false;
      else next();
    },
  };
}

function toSqlite(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined) return null;
  return value as SQLInputValue;
}
