import { verifies } from '@crossgrant/testkit';
import { describe, expect, vi } from 'vitest';
import { openDatabase, verifyAuditChain } from '../src/index.ts';
import { runChild } from './child.ts';
import { commitRequest, engines, freshUrl } from './engines.ts';

// Both SQLite and PostgreSQL.
describe.each(engines)('kill -9 in the middle of commits on %s', (engine) => {
  verifies(
    ['RED-26', 'LES-24'],
    `no acknowledged commit is lost and none can be repeated (${engine})`,
    async () => {
      const url = await freshUrl(engine);
      const acknowledged: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        const child = runChild(['commit', url, `r${round}`]);
        await vi.waitFor(() => expect(child.lines.length).toBeGreaterThan(100), { timeout: 60_000, interval: 5 });
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
        child.process.kill('SIGKILL');
        acknowledged.push(...(await child.ended));
      }
      const database = await openDatabase({ url, migrations: [] });
      const stored = new Set((await database.kysely.selectFrom('outbox').select('id').execute()).map((row) => row.id));
      const keys = new Set(
        (await database.kysely.selectFrom('single_use').select('key').execute()).map((row) => row.key),
      );
      expect(acknowledged.filter((key) => !stored.has(key) || !keys.has(key))).toEqual([]);
      expect(stored.size).toBe(keys.size);
      expect((await verifyAuditChain(database)).firstBad).toBeUndefined();
      expect(await database.commits.commit(commitRequest([acknowledged.at(-1) ?? '']))).toBe('replayed');
      await database.close();
    },
    240_000,
  );
});
