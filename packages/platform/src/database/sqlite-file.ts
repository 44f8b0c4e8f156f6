import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Misuse } from '../errors.ts';

/**
 * Opens a SQLite file for durable use: write-ahead log, a sync at every commit, foreign keys enforced.
 * The folder is created; a new file is readable by its owner only, and SQLite gives its side files the same mode.
 */
export function openSqliteFile(path: string, busyTimeoutMs: number): DatabaseSync {
  if (path === '' || path.startsWith(':memory:') || path.startsWith('file:')) {
    throw new Misuse(
      'database/path',
      'The database must be a file path or a postgres:// URL; an in-memory database cannot be durable.',
    );
  }
  const file = resolve(path);
  mkdirSync(dirname(file), { recursive: true });
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: 10_000, enableForeignKeyConstraints: true });
  database.exec('PRAGMA journal_mode = WAL');
  database.exec('PRAGMA synchronous = FULL');
  database.exec('PRAGMA temp_store = MEMORY');
  database.exec('PRAGMA wal_autocheckpoint = 4000'); // pages: what is written often is copied to the file once
  database.exec(`PRAGMA busy_timeout = ${Math.trunc(busyTimeoutMs)}`);
  return database;
}

/** Whether another connection holds the write lock. */
export function isBusy(error: unknown): boolean {
  return errorCode(error) === 5;
}

/** Whether the file cannot be written at all: locked, full, read-only, damaged or failing hardware. */
export function isFileFault(error: unknown): boolean {
  const code = errorCode(error);
  return code !== undefined && [5, 6, 8, 10, 11, 13, 14, 26].includes(code);
}

function errorCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}
