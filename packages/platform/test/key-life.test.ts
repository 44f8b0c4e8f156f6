import { parseCompactJws, signJws, verifyJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test, vi } from 'vitest';
import {
  type Database,
  keyTimes,
  listSigningKeys,
  maintainKeys,
  openKeyRing,
  revokeSigningKey,
  rotateSigningKey,
  secretBoxFromKey,
} from '../src/index.ts';
import { engines, withDatabases } from './engines.ts';

const secrets = secretBoxFromKey(new Uint8Array(32).fill(3));
const hour = 3_600_000;
const start = 1_790_000_000_000;

function placeOf(database: Database<unknown>, clock: () => number) {
  return { database, scope: 'ten_1', secrets, clock };
}
const one = { purpose: 'id-jag', alg: 'ES256' as const };
const openRing = (place: ReturnType<typeof placeOf>) =>
  openKeyRing({ ...place, purposes: ['id-jag'], algorithms: ['ES256'] });

const auditOf = (database: Database<unknown>) =>
  database.kysely.selectFrom('audit_rows').select(['code', 'facts', 'personal_ref']).orderBy('sequence').execute();

describe.each(engines)('the life of a key on %s', (engine) => {
  verifies(
    'KEY-02',
    `a key is published, active, retiring and gone; then its private half is erased (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 1, async ([database]) => {
        if (database === undefined) return;
        let now = start;
        const place = placeOf(database, () => now);
        const ring = await openRing(place);
        const old = ring.signingKey('ES256').kid;
        const { next } = await rotateSigningKey({ ...place, ...one }, { actor: 'usr_1', reason: 'a drill' });
        const phases = async (): Promise<unknown> =>
          Object.fromEntries((await listSigningKeys(place)).map(({ kid, phase }) => [kid, phase]));
        expect(await phases()).toEqual({ [old]: 'active', [next.kid]: 'published' });
        now += keyTimes.announceMs;
        expect(await phases()).toEqual({ [old]: 'retiring', [next.kid]: 'active' });
        now += keyTimes.keepMs;
        expect(await phases()).toEqual({ [old]: 'gone', [next.kid]: 'active' });
        expect(await maintainKeys(place)).toEqual([]);
        const stored = await database.kysely
          .selectFrom('signing_keys')
          .select(['kid', 'state', 'private_jwk'])
          .where('kid', '=', old)
          .execute();
        expect(stored).toEqual([{ kid: old, state: 'gone', private_jwk: '' }]);
        await vi.waitFor(() => expect(ring.publicJwks().keys.map(({ kid }) => kid)).toEqual([next.kid]));
        const [row] = await auditOf(database);
        expect(row).toMatchObject({ code: 'keys/rotate', personal_ref: expect.any(String) });
        expect(JSON.parse(String(row?.facts))).toMatchObject({ kid: next.kid, by: 'command', reason: 'a drill' });
      });
    },
  );

  verifies('KEY-02', `the version rises with the clock alone, when the next key takes over (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      let now = start;
      const place = placeOf(database, () => now);
      const ring = await openRing(place);
      await rotateSigningKey({ ...place, ...one });
      await ring.reload();
      const { version } = ring;
      const keys = ring.verificationKeys();
      now += keyTimes.announceMs - 1;
      expect([ring.version, ring.verificationKeys() === keys]).toEqual([version, true]);
      now += 1;
      expect(ring.version).toBe(version + 1);
      now += keyTimes.keepMs;
      expect(ring.version).toBe(version + 2);
      expect(ring.verificationKeys()).toHaveLength(1);
    });
  });

  verifies('KEY-02', `the schedule rotates after 90 days, once for all replicas (${engine})`, async () => {
    await withDatabases<unknown>(engine, 3, async (replicas) => {
      let now = start;
      const places = replicas.map((replica) => placeOf(replica, () => now));
      const [place] = places;
      if (place === undefined) return;
      await openRing(place);
      now += keyTimes.rotateAfterMs - 1;
      expect(await maintainKeys(place)).toEqual([]);
      now += 1;
      const made = await Promise.all(places.map((each) => maintainKeys(each)));
      expect(made.flat()).toHaveLength(1);
      expect((await listSigningKeys(place)).map(({ phase }) => phase)).toEqual(['active', 'published']);
      const [row] = await auditOf(place.database);
      expect([row?.code, row?.personal_ref, JSON.parse(String(row?.facts)).by]).toEqual([
        'keys/rotate',
        null,
        'schedule',
      ]);
    });
  });

  verifies(
    ['KEY-02', 'LES-47'],
    `a revoked key ends at every replica, what it signed too, and nothing of its private half stays (${engine})`,
    async () => {
      await withDatabases<unknown>(
        engine,
        2,
        async ([here, there]) => {
          if (here === undefined || there === undefined) return;
          const place = placeOf(here, () => start);
          const ring = await openRing(place);
          const other = await openRing(placeOf(there, () => start));
          const known = ring.signingKey('ES256');
          const parsed = parseCompactJws(signJws(known, 'test', {}));
          const isTaken = (): boolean => parsed.ok && verifyJws(parsed.value, other.verificationKeys(), ['ES256']).ok;
          expect(isTaken()).toBe(true);
          const done = await revokeSigningKey({ ...place, kid: known.kid }, { actor: 'usr_1' });
          await vi.waitFor(() => expect(isTaken()).toBe(false));
          expect(other.signingKey('ES256').kid).toBe(done?.successor);
          expect(JSON.stringify(other.privateJwks())).not.toContain(known.kid);
          const stored = await here.kysely
            .selectFrom('signing_keys')
            .selectAll()
            .where('kid', '=', known.kid)
            .execute();
          expect(stored).toMatchObject([{ state: 'revoked', private_jwk: '' }]);
          const [row] = await auditOf(here);
          expect(JSON.parse(String(row?.facts))).toMatchObject({ kid: known.kid, phase: 'active' });
          const restarted = await openRing(place);
          expect(restarted.publicJwks().keys.map(({ kid }) => kid)).toEqual([done?.successor]);
        },
        { pollMs: 100 },
      );
    },
  );

  verifies('KEY-02', `a revoked key that signs is followed by the one already published (${engine})`, async () => {
    await withDatabases<unknown>(engine, 1, async ([database]) => {
      if (database === undefined) return;
      let now = start;
      const place = placeOf(database, () => now);
      const ring = await openRing(place);
      const { next } = await rotateSigningKey({ ...place, ...one });
      const done = await revokeSigningKey({ ...place, kid: ring.signingKey('ES256').kid });
      expect(done?.successor).toBe(next.kid);
      await ring.reload();
      expect(ring.signingKey('ES256').kid).toBe(next.kid);
      now += 48 * hour;
      expect((await openRing(place)).publicJwks().keys).toHaveLength(1);
    });
  });

  verifies(
    'KEY-02',
    `a key that does not open keeps nobody from hearing that another was revoked (${engine})`,
    async () => {
      await withDatabases<unknown>(engine, 1, async ([database]) => {
        if (database === undefined) return;
        const place = placeOf(database, () => start);
        const problems: string[] = [];
        const ring = await openKeyRing({
          ...place,
          purposes: ['id-jag'],
          algorithms: ['ES256'],
          onProblem: ({ message }) => problems.push(message),
        });
        const known = ring.signingKey('ES256').kid;
        await rotateSigningKey({ ...place, ...one, secrets: secretBoxFromKey(new Uint8Array(32).fill(9)) });
        await revokeSigningKey({ ...place, kid: known });
        await ring.reload();
        expect(ring.verificationKeys().map(({ kid }) => kid)).not.toContain(known);
        expect(problems[0]).toMatch(/does not open; start with the encryption key/);
      });
    },
  );
});

test('a listener that could not take the news in hears it again', async () => {
  await withDatabases<unknown>(
    'SQLite',
    1,
    async ([database]) => {
      if (database === undefined) return;
      let failures = 2;
      const heard: string[] = [];
      database.onChange(async (scope) => {
        failures -= 1;
        if (failures >= 0) throw new Error('the database is away');
        heard.push(scope);
      });
      await revokeSigningKey({ ...placeOf(database, () => start), kid: 'none' });
      await vi.waitFor(() => expect(heard).toEqual(['ten_1']));
    },
    { pollMs: 20 },
  );
});

test('nothing that is signed outlives the time a retired key is kept', () => {
  expect(keyTimes.announceMs).toBeGreaterThanOrEqual(hour);
  expect(keyTimes.keepMs).toBeGreaterThanOrEqual(hour);
});
