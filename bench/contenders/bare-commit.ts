import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What must be durable before one answer leaves. */
export interface BareRecord {
  /** Absent: nothing is single use. */
  readonly once?: string;
  readonly id: string;
  readonly client: string;
  readonly person: string;
  readonly audience: string;
  readonly resource: string;
  readonly scope: string;
  readonly expiresAt: number;
  readonly done: (isFirst: boolean) => void;
}

/**
 * The commit of the bare handler: one transaction per turn of the event loop, in its own thread, on SQLite with the same
 * durability as ours. One row for what was issued, one for the audit, one for what may be used once.
 */
export function openBareCommit(folder: string): { add(record: BareRecord): void; close(): void } {
  const database = new DatabaseSync(join(folder, 'bare.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  database.exec(`
    CREATE TABLE once (key TEXT PRIMARY KEY, keep_until INTEGER) WITHOUT ROWID;
    CREATE TABLE issued (id TEXT PRIMARY KEY, client TEXT, person TEXT, audience TEXT, resource TEXT, scope TEXT, expires_at INTEGER);
    CREATE TABLE audit (sequence INTEGER PRIMARY KEY, at INTEGER, id TEXT, client TEXT, person TEXT, outcome TEXT);
  `);
  const use = database.prepare('INSERT INTO once VALUES (?, ?) ON CONFLICT DO NOTHING');
  const issue = database.prepare('INSERT INTO issued VALUES (?, ?, ?, ?, ?, ?, ?)');
  const audit = database.prepare('INSERT INTO audit (at, id, client, person, outcome) VALUES (?, ?, ?, ?, ?)');
  let waiting: BareRecord[] = [];

  function flush(): void {
    const batch = waiting;
    waiting = [];
    const firsts: boolean[] = [];
    database.exec('BEGIN IMMEDIATE');
    for (const record of batch) {
      const isFirst = record.once === undefined || use.run(record.once, record.expiresAt).changes === 1;
      const { id, client, person } = record;
      if (isFirst) issue.run(id, client, person, record.audience, record.resource, record.scope, record.expiresAt);
      audit.run(Date.now(), id, client, person, isFirst ? 'allow' : 'refused');
      firsts.push(isFirst);
    }
    database.exec('COMMIT');
    for (const [index, record] of batch.entries()) record.done(firsts[index] === true);
  }

  return {
    add(record) {
      if (waiting.push(record) === 1) setImmediate(flush);
    },
    close: () => database.close(),
  };
}
