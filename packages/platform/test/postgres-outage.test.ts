import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { expect, vi } from 'vitest';
import { type Database, openDatabase, StoreUnavailable, verifyAuditChain } from '../src/index.ts';
import { commitRequest } from './requests.ts';

type Weather = 'fine' | 'cut' | 'black-hole' | 'swallow-commit-answer';

/** A PostgreSQL behind a line that can be cut, stalled, or made to lose the answer to COMMIT. */
async function behindLine(
  body: (database: Database<unknown>, line: { weather: Weather; set(weather: Weather): void }) => Promise<void>,
): Promise<void> {
  const real = new URL(await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? ''));
  const sockets = new Set<Socket>();
  const line = {
    weather: 'fine' as Weather,
    set(weather: Weather) {
      line.weather = weather;
      if (weather === 'cut') for (const socket of sockets) socket.destroy();
    },
  };
  const proxy = createServer((near) => {
    if (line.weather === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(Number(real.port), real.hostname);
    let isLosing = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        if (!isLosing) {
          near.destroy();
          far.destroy();
        }
      });
    }
    near.on('data', (data) => {
      if (line.weather === 'black-hole') return;
      if (line.weather === 'swallow-commit-answer' && data.includes('COMMIT')) {
        isLosing = true;
        far.write(data, () => setTimeout(() => near.destroy(), 100));
        return;
      }
      far.write(data);
    });
    far.on('data', (data) => {
      if (line.weather !== 'black-hole' && !isLosing) near.write(data);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(real);
  url.port = String((proxy.address() as AddressInfo).port);
  const database = await openDatabase<unknown>({ url: url.href, migrations: [] });
  try {
    await body(database, line);
  } finally {
    line.set('fine');
    await database.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  }
}

verifies(
  ['ATK-11', 'RED-26'],
  'a replica that cannot reach its database answers unavailable after 5 seconds and recovers by itself',
  async () => {
    await behindLine(async (database, line) => {
      expect(await database.commits.commit(commitRequest(['before']))).toBe('committed');
      for (const weather of ['cut', 'black-hole'] as const) {
        line.set(weather);
        const start = performance.now();
        await expect(database.commits.commit(commitRequest([`during ${weather}`]))).rejects.toBeInstanceOf(
          StoreUnavailable,
        );
        expect(performance.now() - start).toBeGreaterThan(4_500);
        expect(performance.now() - start).toBeLessThan(7_500);
        line.set('cut');
        line.set('fine');
        await vi.waitFor(
          async () =>
            expect(await database.commits.commit(commitRequest([`after ${weather}`]))).toMatch(/committed|replayed/),
          { timeout: 10_000 },
        );
      }
      expect((await verifyAuditChain(database)).firstBad).toBeUndefined();
    });
  },
  60_000,
);

verifies(
  'RED-26',
  'a commit whose answer was lost on the line is recognised and not taken for a replay of itself',
  async () => {
    await behindLine(async (database, line) => {
      expect(await database.commits.commit(commitRequest(['warm']))).toBe('committed');
      line.set('swallow-commit-answer');
      const outcomes = Promise.all(
        [commitRequest(['a']), commitRequest(['a']), commitRequest(['b'])].map((request) =>
          database.commits.commit(request),
        ),
      );
      setTimeout(() => line.set('fine'), 90);
      expect(await outcomes).toEqual(['committed', 'replayed', 'committed']);
      expect(await database.kysely.selectFrom('audit_rows').select('id').execute()).toHaveLength(3);
      expect((await verifyAuditChain(database)).firstBad).toBeUndefined();
    });
  },
  30_000,
);

verifies('ATK-11', 'a database that is not there at start is unavailable, not a crash without words', async () => {
  await expect(openDatabase({ url: 'postgres://u:p@127.0.0.1:9/none', migrations: [] })).rejects.toBeInstanceOf(
    StoreUnavailable,
  );
});
