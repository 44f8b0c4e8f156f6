import { upsertClientApp } from '@crossgrant/identity';
import { keyTimes, openEncryptionKeys, openSecrets } from '@crossgrant/platform';
import { freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { openIdpKeys } from '../src/index.ts';
import { actor, agentSecret, decode, type IdpWorld, startIdpWorld } from './idp-world.ts';

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

for (const engine of ['SQLite', 'PostgreSQL'] as const) {
  verifies(
    ['LES-47', 'KEY-02', 'CAU-06'],
    `${engine}: the drill: signing keys, encryption key and client secret are rotated under load, and no exchange fails`,
    async () => {
      await withWorld(engine, async (world) => {
        const { idp, clock } = world;
        const { config } = world;
        const replica = await world.replica();
        const servers = [idp, replica];
        let secret = agentSecret;
        let answered = 0;
        let isOver = false;
        const failures: unknown[] = [];
        const client = async (at: (typeof servers)[number]): Promise<void> => {
          while (!isOver && failures.length === 0) {
            const token = await world.idToken(long(), at);
            const answer = await world.exchange({ client_secret: secret, subject_token: token }, { at });
            if (answer.status === 200) answered += 1;
            else failures.push(answer.body);
          }
        };
        const long = () => ({ claims: { exp: world.nowSeconds + 200_000 } });
        const load = servers.map((at) => client(at).catch((error: unknown) => failures.push(error)));
        const more = async (): Promise<void> => {
          const until = answered + 20;
          while (answered < until && failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
          expect(failures).toEqual([]);
        };
        await more();

        const before = (['RS256', 'ES256'] as const).map((alg) => idp.keyRing.signingKey(alg).kid);
        await idp.keys.rotate({ actor: actor.id, reason: 'drill' });
        await more();
        clock.nowMs += keyTimes.announceMs;
        await more();
        expect((['RS256', 'ES256'] as const).map((alg) => replica.keyRing.signingKey(alg).kid)).not.toEqual(before);

        const old = openEncryptionKeys({ file: config.keyFile });
        const keys = await openIdpKeys(config);
        expect(await keys?.exchangeEncryptionKey()).toBe('exchanged');
        expect(await keys?.exchangeEncryptionKey()).toBe('under way');
        await more();
        expect((await world.exchange({}, { at: await world.replica() })).status).toBe(200);
        expect(await keys?.endOtherEncryptionKeys({ actor: actor.id, reason: 'drill' })).toBe(1);
        await keys?.close();
        await more();
        expect((await world.exchange({}, { at: await world.replica() })).status).toBe(200);
        await expect(openSecrets(idp.database, old)).rejects.toMatchObject({ code: 'encryption-key/other' });

        const fresh = 'the-next-secret-of-the-agent-0123456789';
        const secretBox = await openSecrets(idp.database, openEncryptionKeys({ file: config.keyFile }));
        const [{ id, auth, ...app }] = (config.policy?.clientApps ?? []) as [
          NonNullable<NonNullable<typeof config.policy>['clientApps']>[number],
        ];
        await upsertClientApp(
          idp.database,
          idp.tenantId,
          {
            ...app,
            clientId: id,
            tokenEndpointAuthMethods: auth?.methods,
            secrets: [{ secret: agentSecret, expiresAt: clock.nowMs + 60_000 }, fresh],
          },
          { secretBox, now: clock.nowMs },
        );
        await more();
        secret = fresh;
        await more();
        clock.nowMs += 60_000;
        await more();

        isOver = true;
        await Promise.all(load);
        expect(failures).toEqual([]);
        expect((await world.exchange({ client_secret: agentSecret })).body.error).toBe('invalid_client');
        clock.nowMs += keyTimes.keepMs;
        expect(await (await fetch(`${replica.url}/jwks.json`)).text()).not.toContain(before[0]);
      });
    },
    120_000,
  );
}
