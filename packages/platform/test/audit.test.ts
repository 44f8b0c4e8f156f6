import { verifies } from '@crossgrant/testkit';
import { type Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  type CoreSchema,
  createRefusalCounter,
  type Database,
  erasePersonal,
  findAudit,
  verifyAuditChain,
} from '../src/index.ts';
import { auditEntry, commitRequest, engines, withDatabases } from './engines.ts';

async function fill(database: Database<unknown>, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await database.commits.audit(
      auditEntry({ id: `aud_row_${index}`, personal: { person: 'usr_1', email: 'alice@acme.example' } }),
    );
  }
}

// SQLite and PostgreSQL.
describe.each(engines)('audit on %s', (engine) => {
  verifies(
    'ADM-04',
    `a changed, removed, inserted or swapped row is named (${engine})`,
    async () => {
      const acts: readonly [string, (db: Kysely<CoreSchema>, writer: string) => Promise<unknown>, number][] = [
        [
          'changed outcome',
          (db) => db.updateTable('audit_rows').set({ outcome: 'allow!' }).where('sequence', '=', 3).execute(),
          3,
        ],
        [
          'changed with canonical bytes',
          (db) => sql`update audit_rows set canonical = ${Buffer.from('x')} where sequence = 2`.execute(db),
          2,
        ],
        ['removed', (db) => db.deleteFrom('audit_rows').where('sequence', '=', 4).execute(), 4],
        ['removed head', (db) => db.deleteFrom('audit_rows').where('sequence', '=', 1).execute(), 1],
        [
          'swapped',
          async (db) => {
            await db.updateTable('audit_rows').set({ sequence: 99 }).where('sequence', '=', 2).execute();
            await db.updateTable('audit_rows').set({ sequence: 2 }).where('sequence', '=', 3).execute();
            await db.updateTable('audit_rows').set({ sequence: 3 }).where('sequence', '=', 99).execute();
          },
          2,
        ],
        ['time moved', (db) => db.updateTable('audit_rows').set({ at: 1 }).where('sequence', '=', 5).execute(), 5],
        [
          'personal data changed',
          (db) =>
            db
              .updateTable('audit_personal')
              .set({ email: 'mallory@evil.example' })
              .where('audit_id', '=', 'aud_row_1')
              .execute(),
          2,
        ],
      ];
      for (const [name, act, bad] of acts) {
        await withDatabases<unknown>(engine, 1, async ([database]) => {
          if (database === undefined) return;
          await fill(database, 5);
          expect(await verifyAuditChain(database)).toEqual({ rows: 5 });
          await act(database.kysely as unknown as Kysely<CoreSchema>, '');
          expect((await verifyAuditChain(database)).firstBad?.sequence, name).toBe(bad);
        });
      }
    },
    60_000,
  );

  verifies('ADM-04', `personal data can be erased and the chain still verifies (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      await fill(database, 3);
      expect(await findAudit(database, 'ten_1', 'aud_row_1')).toMatchObject({
        personal: { person: 'usr_1', email: 'alice@acme.example' },
      });
      expect(await erasePersonal(database, 'ten_other', 'usr_1')).toBe(0);
      expect(await erasePersonal(database, 'ten_1', 'usr_1')).toBe(3);
      expect((await findAudit(database, 'ten_1', 'aud_row_1'))?.personal).toBeUndefined();
      expect(await verifyAuditChain(database)).toEqual({ rows: 3 });
      const everything = JSON.stringify(await database.kysely.selectFrom('audit_rows').selectAll().execute());
      expect(everything).not.toContain('alice');
      expect(everything).not.toContain('usr_1');
    });
  });

  verifies('LES-38', `an entry of another scope is not found (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      await fill(database, 1);
      expect(await findAudit(database, 'ten_2', 'aud_row_0')).toBeUndefined();
      expect(await findAudit(database, 'ten_1', 'aud_row_0')).toBeDefined();
    });
  });

  verifies(
    ['LES-82', 'ADM-04', 'IDJ-22', 'ATK-60'],
    `no token reaches the audit tables, whatever field it is put in (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 1, async ([database]) => {
        if (database === undefined) return;
        const token = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcCJ9.c2lnbmF0dXJl';
        const entry = auditEntry({
          client: token,
          audience: `x ${token}`,
          resource: token,
          scopesRequested: token,
          scopesGranted: token,
          jti: token,
          code: token,
          ruleIds: [token],
          facts: { deep: [{ note: token, client_secret: 'hunter2hunter2' }], [token]: 1 },
          personal: { person: 'usr_1', username: token, email: token, address: token },
        });
        await database.commits.commit(commitRequest(['k'], { audit: { ...entry, body: token } as never }));
        const rows = await database.kysely.selectFrom('audit_rows').selectAll().execute();
        const personal = await database.kysely.selectFrom('audit_personal').selectAll().execute();
        const everything = JSON.stringify([rows, personal]) + Buffer.from(rows[0]?.canonical ?? []).toString('latin1');
        expect(everything).not.toContain('eyJ');
        expect(everything).not.toContain('hunter2');
        expect(await verifyAuditChain(database)).toEqual({ rows: 1 });
      });
    },
  );

  test(`several writers keep chains of their own (${engine})`, async () => {
    await withDatabases<unknown>(engine, 3, async (replicas) => {
      await Promise.all(
        replicas.flatMap((replica) => Array.from({ length: 20 }, () => replica.commits.audit(auditEntry()))),
      );
      const first = replicas[0];
      if (first === undefined) return;
      expect(await verifyAuditChain(first)).toEqual({ rows: 60 });
      const writers = await first.kysely.selectFrom('audit_rows').select('writer').distinct().execute();
      expect(writers).toHaveLength(3);
    });
  });
});

verifies(
  'LES-84',
  'a flood of junk costs a bounded number of rows, and the chain verifies',
  async () => {
    await withDatabases<unknown>('SQLite', 1, async ([database]) => {
      if (database === undefined) return;
      const counter = createRefusalCounter({ commits: database.commits, clock: () => 1_790_000_000_000 });
      for (let index = 0; index < 1_000_000; index += 1) {
        counter.count({
          scope: 'ten_1',
          kind: 'client_authentication',
          code: 'client/unknown',
          address: `198.51.${(index >> 8) % 256}.${index % 256}`,
        });
      }
      await counter.close();
      const rows = await database.kysely.selectFrom('audit_rows').select('facts').execute();
      expect(rows.length).toBeLessThanOrEqual(10_000);
      expect(rows.reduce((sum, row) => sum + JSON.parse(row.facts ?? '').times, 0)).toBe(1_000_000);
      expect(await verifyAuditChain(database)).toEqual({ rows: rows.length });
    });
  },
  30_000,
);
