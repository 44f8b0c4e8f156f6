import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, test } from 'vitest';
import type { Session, SessionStore } from '../src/index.ts';
import { sessionStoreContract } from '../src/store-contract/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'crossgrant-sessions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a store in SQL amounts to: one table, and `replace` as one conditional statement. */
function openStore(file: string): SessionStore {
  const database = new DatabaseSync(file);
  database.exec(`pragma busy_timeout = 5000; pragma journal_mode = wal;
    create table if not exists sessions (id text primary key, subject text, sid text, revision text, json text)`);
  const columns = ({ id, subject, sid, revision, ...rest }: Session) =>
    [id, subject, sid ?? null, revision, JSON.stringify({ id, subject, sid, revision, ...rest })] as const;
  const put = database.prepare(
    'insert into sessions values (?, ?, ?, ?, ?) on conflict (id) do update set subject = excluded.subject, sid = excluded.sid, revision = excluded.revision, json = excluded.json',
  );
  const swap = database.prepare(
    'update sessions set subject = ?, sid = ?, revision = ?, json = ? where id = ? and revision = ?',
  );
  const get = database.prepare('select json from sessions where id = ?');
  const drop = database.prepare('delete from sessions where id = ?');
  const find = database.prepare(
    'select id from sessions where (?1 is not null or ?2 is not null) and (?1 is null or subject = ?1) and (?2 is null or sid = ?2)',
  );
  return {
    load: async (id) => {
      const row = get.get(id) as { json: string } | undefined;
      return row === undefined ? undefined : (JSON.parse(row.json) as Session);
    },
    save: async (session) => void put.run(...columns(session)),
    replace: async (before, next) => {
      const [id, ...values] = columns(next);
      return swap.run(...values, id, before.revision).changes === 1;
    },
    remove: async (id) => void drop.run(id),
    find: async ({ subject, sid }) => find.all(subject ?? null, sid ?? null).map((row) => (row as { id: string }).id),
  };
}

for (const [index, { name, run }] of sessionStoreContract.entries())
  test(`a store in SQL, opened many times, keeps the contract: ${name}`, async () => {
    const file = join(folder, `${index}.db`);
    await run(async () => openStore(file));
  });
