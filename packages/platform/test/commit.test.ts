import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import { type CommitRequest, findAudit, StoreUnavailable } from '../src/index.ts';
import { auditEntry, commitRequest, countOf, engines, withDatabases } from './engines.ts';

// PostgreSQL and SQLite run every test of this file.
describe.each(engines)('commits on %s', (engine) => {
  verifies(
    ['ATK-11', 'RED-26', 'LES-24'],
    `of 50 parallel uses of one key through two replicas one wins (${engine})`,
    async () => {
      await withDatabases(engine, 2, async (replicas) => {
        for (let round = 0; round < 5; round += 1) {
          const attempts = Array.from({ length: 50 }, (_, index) =>
            replicas[index % 2]?.commits.commit(commitRequest([`jti-${round}`])),
          );
          const outcomes = await Promise.all(attempts);
          expect(countOf(outcomes as string[], 'committed')).toBe(1);
          expect(countOf(outcomes as string[], 'replayed')).toBe(49);
        }
      });
    },
  );

  verifies('RED-26', `a key used before is refused by every later commit (${engine})`, async () => {
    await withDatabases(engine, 2, async ([first, second]) => {
      expect(await first?.commits.commit(commitRequest(['a']))).toBe('committed');
      expect(await first?.commits.commit(commitRequest(['a']))).toBe('replayed');
      expect(await second?.commits.commit(commitRequest(['a']))).toBe('replayed');
    });
  });

  test(`a request that loses one key consumes none of the others (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      const commit = (keys: string[]) => database?.commits.commit(commitRequest(keys));
      expect(await commit(['used'])).toBe('committed');
      expect(await commit(['fresh', 'used'])).toBe('replayed');
      expect(await commit(['fresh'])).toBe('committed');

      const sameBatch = await Promise.all([
        commit(['p', 'used']),
        commit(['p', 'q']),
        commit(['q', 'r']),
        commit(['r']),
      ]);
      expect(sameBatch).toEqual(['replayed', 'committed', 'replayed', 'committed']);
    });
  });

  test(`overlapping keys in opposite order from two replicas neither deadlock nor win twice (${engine})`, async () => {
    await withDatabases(engine, 2, async (replicas) => {
      const attempts = Array.from({ length: 80 }, (_, index) => {
        const keys = [`x${index % 7}`, `y${index % 5}`, `z${index % 3}`];
        return replicas[index % 2]?.commits.commit(commitRequest(index % 2 === 0 ? keys : keys.reverse()));
      });
      const outcomes = await Promise.all(attempts);
      expect(countOf(outcomes as string[], 'committed')).toBeLessThanOrEqual(3);
      expect(countOf(outcomes as string[], 'committed')).toBeGreaterThanOrEqual(1);
      const rows = await replicas[0]?.kysely.selectFrom('single_use').selectAll().execute();
      expect(rows?.length).toBe(countOf(outcomes as string[], 'committed') * 3);
    });
  });

  verifies(
    'CAU-03',
    `a proof that was used before says which one it was, and nothing else is written (${engine})`,
    async () => {
      await withDatabases(engine, 2, async ([first, second]) => {
        const assertion = {
          kind: 'client-assertion',
          scope: 'ten_1',
          key: 'a',
          keepUntil: 4_000_000_000_000,
          whenUsed: {
            outcome: 'assertion-used',
            audit: auditEntry({ id: 'aud_used', code: 'client/assertion-replayed' }),
          },
        } as const;
        const grant = { kind: 'id-jag', scope: 'ten_1', key: 'g', keepUntil: 4_000_000_000_000 };
        const commit = (database: typeof first, ...singleUse: CommitRequest['singleUse'] & object) =>
          database?.commits.commit(commitRequest([], { singleUse, expectedEpoch: null }));

        expect(await commit(first, grant, assertion)).toBe('committed');
        expect(await commit(second, { ...grant, key: 'h' }, assertion)).toBe('assertion-used');
        expect(await commit(second, grant, assertion)).toBe('assertion-used');
        expect(await commit(second, grant, { ...assertion, key: 'b' })).toBe('replayed');
        expect(await commit(first, { ...grant, key: 'h' }, { ...assertion, key: 'b' })).toBe('committed');

        const rows = await first?.kysely.selectFrom('audit_rows').selectAll().where('id', '=', 'aud_used').execute();
        expect(rows?.map(({ code }) => code)).toEqual(['client/assertion-replayed', 'client/assertion-replayed']);
      });
    },
  );

  verifies('LES-27', `one key under another kind or scope is another thing (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      const use = { kind: 'code', scope: 'ten_1', key: 'k', keepUntil: 4_000_000_000_000 };
      const outcomes = [];
      for (const singleUse of [use, { ...use, kind: 'dpop' }, { ...use, scope: 'ten_2' }, use]) {
        outcomes.push(await database?.commits.commit(commitRequest([], { singleUse: [singleUse] })));
      }
      expect(outcomes).toEqual(['committed', 'committed', 'committed', 'replayed']);
    });
  });

  verifies('ADM-04', `winners and losers are audited as what they are, personal data apart (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      if (database === undefined) return;
      const personal = { person: 'usr_1', email: 'alice@acme.example', address: '203.0.113.7' };
      const entry = auditEntry({
        client: 'agent',
        audience: 'https://as.example',
        resource: 'https://mcp.example',
        scopesRequested: 'a b',
        scopesGranted: 'a',
        ruleIds: ['rul_1'],
        jti: 'j1',
        facts: { groups: ['eng'], acr: '2' },
        code: 'ok',
        personal,
      });
      const refused = auditEntry({ outcome: 'refused', code: 'assertion/replayed' });
      await database.commits.commit(commitRequest(['k'], { audit: entry }));
      await database.commits.commit(commitRequest(['k'], { auditWhenReplayed: refused }));
      expect(await findAudit(database, 'ten_1', entry.id)).toMatchObject(entry);
      expect(await findAudit(database, 'ten_1', refused.id)).toMatchObject({
        outcome: 'refused',
        code: 'assertion/replayed',
      });
      expect(await database.kysely.selectFrom('audit_rows').select('id').execute()).toHaveLength(2);
    });
  });

  test(`rows of the winner are stored, rows of the loser are not (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      const insert = (id: string) => ({
        table: 'outbox',
        row: { id, scope: 'ten_1', topic: 't', payload: '{}', at: 1 },
      });
      const outcomes = await Promise.all(
        ['one', 'two', 'three'].map((id) => database?.commits.commit(commitRequest(['k'], { inserts: [insert(id)] }))),
      );
      expect(outcomes).toEqual(['committed', 'replayed', 'replayed']);
      expect(await database?.kysely.selectFrom('outbox').select('id').execute()).toEqual([{ id: 'one' }]);
    });
  });

  test(`a request that the database cannot take fails alone (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      const bad = commitRequest(['bad'], {
        inserts: [{ table: 'outbox', row: { id: 'x', scope: null, topic: 't', payload: '{}', at: 1 } }],
      });
      const unknown = commitRequest(['odd'], { inserts: [{ table: 'no_such_table', row: { id: 'x' } }] });
      const [before, failed, missing, after] = await Promise.allSettled(
        [commitRequest(['a']), bad, unknown, commitRequest(['b'])].map((request) => database?.commits.commit(request)),
      );
      expect(before).toMatchObject({ value: 'committed' });
      expect(after).toMatchObject({ value: 'committed' });
      expect(failed?.status).toBe('rejected');
      expect(missing?.status).toBe('rejected');
      expect(await database?.commits.commit(commitRequest(['bad']))).toBe('committed');
    });
  });

  verifies(
    'LES-80',
    `hostile characters in keys and audit text stop nobody and forge nothing (${engine})`,
    async () => {
      await withDatabases(engine, 1, async ([database]) => {
        const hostile = 'agent\t\r\n<14>\u0000\u202e\u2028\ud800';
        const entry = auditEntry({ client: hostile, facts: { agent: hostile } });
        const keys = ['nul\u0000', 'nul', '\ud800', '\udbff', 'x'.repeat(20_000), `${'x'.repeat(19_999)}y`];
        for (const key of keys) expect(await database?.commits.commit(commitRequest([key]))).toBe('committed');
        for (const key of keys) expect(await database?.commits.commit(commitRequest([key]))).toBe('replayed');
        expect(await database?.commits.commit(commitRequest(['plain'], { audit: entry }))).toBe('committed');
        const stored = database && (await findAudit(database, 'ten_1', entry.id));
        expect(stored?.client).toBe('agent\\u0009\\u000d\\u000a<14>\\u0000\\u202e\\u2028\\ud800');
        expect(stored?.facts).toEqual({ agent: hostile });
      });
    },
  );

  test(`the queue is bounded (${engine})`, async () => {
    await withDatabases(
      engine,
      1,
      async ([database]) => {
        const attempts = await Promise.allSettled(
          Array.from({ length: 30 }, (_, index) => database?.commits.commit(commitRequest([`k${index}`]))),
        );
        const refused = attempts.filter((attempt) => attempt.status === 'rejected');
        expect(refused).toHaveLength(20);
        expect(refused.every((attempt) => attempt.reason instanceof StoreUnavailable)).toBe(true);
      },
      { maxQueued: 10 },
    );
  });

  test(`nothing is taken after closing, and what was taken is finished (${engine})`, async () => {
    await withDatabases(engine, 1, async ([database]) => {
      const last = database?.commits.commit(commitRequest(['last']));
      await database?.close();
      expect(await last).toBe('committed');
      await expect(database?.commits.commit(commitRequest(['late']))).rejects.toBeInstanceOf(StoreUnavailable);
    });
  });
});
