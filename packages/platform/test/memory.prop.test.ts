import { acceptance } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { describe, expect } from 'vitest';
import { createSqliteRunner } from '../src/commit/sqlite-runner.ts';
import { postgresSweep, type Sweep, sweepExpired, sweepMarginMs } from '../src/database/maintenance.ts';
import type { CoreSchema, Database } from '../src/index.ts';
import { type EngineName, engines, withDatabases } from './engines.ts';
import { commitRequest } from './requests.ts';

// SQLite and PostgreSQL.
describe.each(engines)('memory of single uses on %s', (engine) => {
  verifies(
    'LES-26',
    `what is accepted at an instant is remembered at that instant, whatever was swept before (${engine})`,
    async () => {
      await withSweep(engine, async (database, sweep) => {
        let next = 0;
        const instant = fc.record({
          exp: fc.integer({ min: 1_700_000_000, max: 1_700_000_600 }),
          skew: fc.integer({ min: 0, max: 60 }),
          back: fc.integer({ min: 1, max: 90_000 }),
          ahead: fc.integer({ min: 0, max: sweepMarginMs }),
        });
        await fc.assert(
          fc.asyncProperty(instant, async ({ exp, skew, back, ahead }) => {
            const { acceptUntil, keepUntil } = acceptance(exp, skew);
            next += 1;
            const use = { kind: 'id-jag', scope: 'ten_1', key: `jti-${next}`, keepUntil: keepUntil * 1_000 };
            expect(await database.commits.commit(commitRequest([], { singleUse: [use] }))).toBe('committed');
            const now = acceptUntil * 1_000 - back;
            await sweepExpired(sweep, now + ahead);
            expect(await database.commits.commit(commitRequest([], { singleUse: [use] }))).toBe('replayed');
          }),
          { numRuns: 60 },
        );
      });
    },
  );

  verifies('LES-26', `a record is swept once its time and the margin between clocks are over (${engine})`, async () => {
    await withSweep(engine, async (database, sweep) => {
      const use = { kind: 'id-jag', scope: 'ten_1', key: 'old', keepUntil: 1_000_000 };
      await database.commits.commit(commitRequest([], { singleUse: [use] }));
      await sweepExpired(sweep, 1_000_000 + sweepMarginMs);
      expect(await database.kysely.selectFrom('single_use').selectAll().execute()).toHaveLength(1);
      await sweepExpired(sweep, 1_000_001 + sweepMarginMs);
      expect(await database.kysely.selectFrom('single_use').selectAll().execute()).toHaveLength(0);
    });
  });
});

/** A database whose own clock never sweeps, and the sweep of another replica. */
async function withSweep(
  engine: EngineName,
  body: (database: Database<unknown>, sweep: Sweep) => Promise<void>,
): Promise<void> {
  await withDatabases<unknown>(
    engine,
    1,
    async ([database], url) => {
      if (database === undefined) return;
      const runner = engine === 'SQLite' ? createSqliteRunner({ path: url, writer: 'sweeper' }) : undefined;
      await body(database, runner?.sweep ?? postgresSweep(database.kysely as unknown as Kysely<CoreSchema>));
      await runner?.close();
    },
    { clock: () => 0 },
  );
}
