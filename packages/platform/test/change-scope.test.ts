import { verifies } from '@crossgrant/testkit';
import pg from 'pg';
import { describe, expect, test, vi } from 'vitest';
import { changeScope, findAudit, readEpoch, verifyAuditChain } from '../src/index.ts';
import { auditEntry, commitRequest, engines, withDatabases } from './engines.ts';

describe.each(engines)('changes on %s', (engine) => {
  verifies('LES-24', `a commit based on an older snapshot is stale and writes nothing (${engine})`, async () => {
    await withDatabases(engine, 2, async ([first, second]) => {
      if (first === undefined || second === undefined) return;
      const epoch = await changeScope(first, 'ten_1', async (_trx, next) => next);
      expect(epoch).toBe(1);
      expect(await readEpoch(second, 'ten_1')).toBe(1);
      const insert = { table: 'outbox', row: { id: 'x', scope: 'ten_1', topic: 't', payload: '{}', at: 1 } };
      expect(await second.commits.commit(commitRequest(['k'], { expectedEpoch: 0, inserts: [insert] }))).toBe('stale');
      expect(await second.kysely.selectFrom('audit_rows').selectAll().execute()).toEqual([]);
      expect(await second.kysely.selectFrom('single_use').selectAll().execute()).toEqual([]);
      expect(await second.kysely.selectFrom('outbox').selectAll().execute()).toEqual([]);
      expect(await second.commits.commit(commitRequest(['k'], { expectedEpoch: 1 }))).toBe('committed');
      expect(await second.commits.commit(commitRequest(['l'], { scope: 'ten_2' }))).toBe('committed');
    });
  });

  verifies(
    'LES-24',
    `no commit of the old epoch lands after a change, however they interleave (${engine})`,
    async () => {
      await withDatabases(engine, 2, async ([first, second]) => {
        if (first === undefined || second === undefined) return;
        let isChanged = false;
        let landed = 0;
        const load = async (replica: typeof first, name: string): Promise<void> => {
          for (let index = 0; index < 40; index += 1) {
            const wasChanged = isChanged;
            const outcome = await replica.commits.commit(commitRequest([`${name}${index}`], { expectedEpoch: 0 }));
            if (outcome === 'committed') landed += 1;
            if (wasChanged) expect(outcome).toBe('stale');
          }
        };
        const loads = [load(first, 'a'), load(second, 'b'), load(second, 'c')];
        await changeScope(first, 'ten_1', async () => undefined);
        isChanged = true;
        await Promise.all(loads);
        const rows = await first.kysely.selectFrom('single_use').select('key').execute();
        expect(rows).toHaveLength(landed);
      });
    },
  );

  test(`a failed change leaves nothing behind and tells nobody (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      if (database === undefined) return;
      const heard = vi.fn();
      database.onChange(heard);
      const failing = changeScope(database, 'ten_1', async (trx, _epoch, audit) => {
        audit(auditEntry());
        await trx.insertInto('outbox').values({ id: 'x', scope: 'ten_1', topic: 't', payload: '{}', at: 1 }).execute();
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await readEpoch(database, 'ten_1')).toBe(0);
      expect(await database.kysely.selectFrom('outbox').selectAll().execute()).toEqual([]);
      expect(heard).not.toHaveBeenCalled();
    });
  });

  verifies(
    'ADM-04',
    `a change and its audit row are one transaction, on a chain that verifies (${engine})`,
    async () => {
      await withDatabases(engine, 1, async ([database]) => {
        if (database === undefined) return;
        const ids = ['aud_c1', 'aud_c2', 'aud_c3'];
        await Promise.all(
          ids.map((id) =>
            changeScope(database, 'ten_1', async (_trx, epoch, audit) =>
              audit(auditEntry({ id, kind: 'change', facts: { epoch } })),
            ),
          ),
        );
        for (const id of ids) expect(await findAudit(database, 'ten_1', id)).toMatchObject({ kind: 'change' });
        expect(await verifyAuditChain(database)).toEqual({ rows: 3 });
        expect(await readEpoch(database, 'ten_1')).toBe(3);
      });
    },
  );

  test(`each change is heard once here and by the other replica (${engine})`, async () => {
    await withDatabases(
      engine,
      2,
      async ([first, second]) => {
        if (first === undefined || second === undefined) return;
        const here = vi.fn();
        const there = vi.fn();
        first.onChange(here);
        const stop = second.onChange(there);
        await changeScope(first, 'ten_1', async () => undefined);
        expect(here.mock.calls).toEqual([['ten_1']]);
        await vi.waitFor(() => expect(there.mock.calls).toEqual([['ten_1']]), { timeout: 3_000 });
        await new Promise((resolve) => setTimeout(resolve, 250));
        expect(here).toHaveBeenCalledTimes(1);
        expect(there).toHaveBeenCalledTimes(1);
        stop();
        await changeScope(first, 'ten_1', async () => undefined);
        await new Promise((resolve) => setTimeout(resolve, 250));
        expect(there).toHaveBeenCalledTimes(1);
      },
      { pollMs: 100 },
    );
  });
});

verifies(
  'LES-79',
  'a replica whose listening connection is cut hears of a change through the poll, then through a new connection',
  async () => {
    await withDatabases(
      'PostgreSQL',
      2,
      async ([first, second], url) => {
        if (first === undefined || second === undefined) return;
        const heard = vi.fn();
        second.onChange(heard);
        const admin = new pg.Client({ connectionString: url });
        await admin.connect();
        await vi.waitFor(async () => expect((await listeners(admin)).length).toBe(2));
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%crossgrant_epoch%' AND pid <> pg_backend_pid() AND datname = current_database()`,
        );
        await changeScope(first, 'ten_1', async () => undefined);
        await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1), { timeout: 2_000 });
        await vi.waitFor(async () => expect((await listeners(admin)).length).toBe(2), { timeout: 3_000 });
        await admin.end();
      },
      { pollMs: 300 },
    );
  },
);

verifies('LES-79', 'with a poll far away the news arrive by notification', async () => {
  await withDatabases(
    'PostgreSQL',
    2,
    async ([first, second]) => {
      if (first === undefined || second === undefined) return;
      const heard = vi.fn();
      second.onChange(heard);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await changeScope(first, 'ten_1', async () => undefined);
      await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1), { timeout: 1_000 });
    },
    { pollMs: 60_000 },
  );
});

async function listeners(admin: pg.Client): Promise<readonly unknown[]> {
  const { rows } = await admin.query(
    `SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_notify(''crossgrant_epoch''%' AND datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return rows;
}
