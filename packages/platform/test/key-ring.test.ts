import { parseCompactJws, signJws, verifyJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test, vi } from 'vitest';
import {
  type Database,
  type KeyRing,
  openKeyRing,
  revokeSigningKey,
  rotateSigningKey,
  secretBoxFromKey,
} from '../src/index.ts';
import { engines, withDatabases } from './engines.ts';

const secrets = secretBoxFromKey(new Uint8Array(32).fill(3));
const hour = 3_600_000;

function ring(
  database: Database<unknown>,
  clock: () => number = Date.now,
  purposes: readonly string[] = ['id-jag', 'access-token'],
): Promise<KeyRing> {
  return openKeyRing({ database, scope: 'ten_1', purposes, algorithms: ['ES256'], secrets, clock });
}

const kids = (keys: { keys: readonly { kid?: string }[] }): (string | undefined)[] => keys.keys.map((key) => key.kid);

// SQLite and PostgreSQL.
describe.each(engines)('key ring on %s', (engine) => {
  test(`replicas that open together share one set of keys (${engine})`, async () => {
    await withDatabases<unknown>(engine, 3, async (replicas) => {
      const rings = await Promise.all(replicas.map((replica) => ring(replica)));
      expect(new Set(rings.map((each) => each.signingKey('ES256').kid)).size).toBe(1);
      expect(rings.map((each) => kids(each.publicJwks()).sort())).toEqual(
        Array(3).fill(kids(rings[0]?.publicJwks() ?? { keys: [] }).sort()),
      );
    });
  });

  verifies('KEY-01', `the published set has unique kids, alg, use and public members only (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      const published = (await ring(database)).publicJwks().keys;
      expect(new Set(published.map((key) => key.kid)).size).toBe(2);
      for (const key of published) {
        expect(key).toMatchObject({ alg: 'ES256', use: 'sig', kty: 'EC' });
        expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      }
    });
  });

  verifies('KEY-07', `each purpose signs with a key of its own (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      const keys = await ring(database);
      expect(keys.signingKey('ES256', 'id-jag').kid).not.toBe(keys.signingKey('ES256', 'access-token').kid);
      expect(keys.signingKey('ES256').kid).toBe(keys.signingKey('ES256', 'id-jag').kid);
      expect(kids(keys.privateJwks('access-token'))).toEqual([keys.signingKey('ES256', 'access-token').kid]);
      expect(() => keys.signingKey('RS256')).toThrow(expect.objectContaining({ code: 'key-ring/no-key' }));
    });
  });

  verifies(
    'LES-47',
    `private members are sealed at rest, and another encryption key opens nothing (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 1, async ([database]) => {
        if (database === undefined) return;
        const { d } = (await ring(database)).privateJwks().keys[0] ?? {};
        const stored = JSON.stringify(await database.kysely.selectFrom('signing_keys').selectAll().execute());
        expect(stored).not.toContain(String(d));
        expect(stored).not.toContain('"d"');
        const other = secretBoxFromKey(new Uint8Array(32).fill(4));
        const opening = openKeyRing({
          database,
          scope: 'ten_1',
          purposes: ['id-jag'],
          algorithms: ['ES256'],
          secrets: other,
          clock: Date.now,
        });
        await expect(opening).rejects.toMatchObject({ code: 'key-ring/sealed' });
      });
    },
  );

  verifies(
    'KEY-02',
    `a rotated key is published for an hour before it signs, the old one for a day after (${engine})`,
    async () => {
      await withDatabases<unknown>(
        engine,
        2,
        async ([database, replica]) => {
          if (database === undefined || replica === undefined) return;
          let now = 1_790_000_000_000;
          const clock = (): number => now;
          const keys = await ring(database, clock, ['id-jag']);
          const there = await ring(replica, clock, ['id-jag']);
          const old = keys.signingKey('ES256').kid;
          const signed = signJws(keys.signingKey('ES256'), 'test', {});
          const options = { database, scope: 'ten_1', purpose: 'id-jag', alg: 'ES256' as const, secrets, clock };
          const {
            next: { kid: next },
            isNew,
          } = await rotateSigningKey(options);
          expect(isNew).toBe(true);
          expect(await rotateSigningKey(options)).toMatchObject({ next: { kid: next }, isNew: false });
          for (const each of [keys, there]) {
            await vi.waitFor(() => expect(kids(each.publicJwks())).toEqual([old, next]));
            expect(each.version).toBe(2);
          }
          now += hour - 1;
          expect(there.signingKey('ES256').kid).toBe(old);
          now += 1;
          expect(there.signingKey('ES256').kid).toBe(next);
          expect(kids(there.publicJwks())).toEqual([next, old]);
          const parsed = parseCompactJws(signed);
          expect(parsed.ok && verifyJws(parsed.value, there.verificationKeys(), ['ES256']).ok).toBe(true);
          now += 24 * hour;
          expect(kids(there.publicJwks())).toEqual([next]);
          const third = (await rotateSigningKey(options)).next.kid;
          await vi.waitFor(() => expect(kids(there.publicJwks())).toEqual([next, third]));
        },
        { pollMs: 100 },
      );
    },
  );

  verifies('KEY-02', `an emergency revocation ends a key at once and another signs (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      let now = 1_790_000_000_000;
      const clock = (): number => now;
      const keys = await ring(database, clock, ['id-jag']);
      const known = keys.signingKey('ES256').kid;
      const place = { database, scope: 'ten_1', secrets, clock };
      const revoked = await revokeSigningKey({ ...place, kid: known });
      expect(await revokeSigningKey({ ...place, kid: known })).toBeUndefined();
      await vi.waitFor(() => expect(kids(keys.publicJwks())).not.toContain(known));
      expect(keys.signingKey('ES256').kid).toBe(revoked?.successor);

      const { next } = await rotateSigningKey({ ...place, purpose: 'id-jag', alg: 'ES256' });
      expect(await revokeSigningKey({ ...place, kid: next.kid })).toEqual({ kid: next.kid, successor: undefined });
      now += 48 * hour;
      await vi.waitFor(() => expect(kids(keys.publicJwks())).not.toContain(next.kid));
      expect(keys.signingKey('ES256')).toBeDefined();
    });
  });
});
