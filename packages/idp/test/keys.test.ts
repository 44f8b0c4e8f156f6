import { keyTimes } from '@crossgrant/platform';
import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { actor, decode, type IdpWorld, startIdpWorld } from './idp-world.ts';

async function withWorld(engine: string, body: (world: IdpWorld) => Promise<void>): Promise<void> {
  const database = engine === 'SQLite' ? undefined : await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '');
  const world = await startIdpWorld({ database });
  try {
    await body(world);
  } finally {
    await world.close();
  }
}

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  verifies(
    ['KEY-02', 'LES-47'],
    `${engine}: an ID token of a revoked key is refused by every replica in the very next exchange, and no ID-JAG is signed with it`,
    async () => {
      await withWorld(engine, async (world) => {
        const { idp } = world;
        const other = await world.replica();
        for (const alg of ['RS256', 'ES256'] as const) {
          const token = await world.idToken({ alg }, other);
          expect((await world.exchange({ subject_token: token }, { at: other })).status).toBe(200);
          const { kid } = other.keyRing.signingKey(alg);
          const done = await idp.keys.revoke(kid, { actor: actor.id, reason: 'found in a dump' });
          const refused = await world.exchange({ subject_token: token }, { at: other });
          expect(refused.body.error).toBe('invalid_grant');
          expect((await world.audit(refused.id))?.code).toBe('subject-token/signature');
          const fresh = await world.exchange({ subject_token: await world.idToken({ alg }, other) }, { at: other });
          expect(fresh.status).toBe(200);
          expect(decode(fresh.body.access_token).header.kid).not.toBe(kid);
          expect(other.keyRing.signingKey(alg).kid).toBe(done?.successor);
          expect(await (await fetch(`${other.url}/jwks.json`)).text()).not.toContain(kid);
        }
      });
    },
  );
}

verifies('KEY-02', 'a rotation fails no exchange: tokens of the old key count until it is gone', async () => {
  await withWorld('SQLite', async (world) => {
    const { idp, clock } = world;
    const before = idp.keyRing.signingKey('RS256').kid;
    const rotations = await idp.keys.rotate({ actor: actor.id });
    expect(rotations.map(({ next: { alg, phase } }) => [alg, phase]).sort()).toEqual([
      ['ES256', 'published'],
      ['RS256', 'published'],
    ]);
    const token = await world.idToken({ claims: { exp: world.nowSeconds + 100_000 } });
    expect((await world.exchange({ subject_token: token })).status).toBe(200);
    clock.nowMs += keyTimes.announceMs;
    expect(idp.keyRing.signingKey('RS256').kid).not.toBe(before);
    expect((await world.exchange({ subject_token: token })).status).toBe(200);
    expect((await world.exchange()).status).toBe(200);
    clock.nowMs += keyTimes.keepMs;
    const late = await world.exchange({ subject_token: token });
    expect((await world.audit(late.id))?.code).toBe('subject-token/signature');
  });
});
