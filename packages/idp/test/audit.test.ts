import { verifyAuditChain } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { agentSecret, decode, type IdpWorld, issuer, mcp, ras, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld({ config: { exchangeLimits: { perClient: 400, perClientAndPerson: 100 } } });
});
afterAll(() => world.close());

verifies('ADM-04', 'every decision is on record with all that went into it', async () => {
  const { body } = await world.exchange({ scope: 'chat.read chat.purge' });
  const jti = String(decode(body.access_token).payload.jti);
  const { id } = await world.idp.database.kysely
    .selectFrom('audit_rows')
    .select('id')
    .where('jti', '=', jti)
    .executeTakeFirstOrThrow();
  const ada = await world.userId('ada');
  expect(await world.audit(id)).toMatchObject({
    at: world.clock.nowMs,
    kind: 'exchange',
    outcome: 'allow',
    client: 'agent',
    audience: ras,
    resource: mcp,
    scopesRequested: 'chat.read chat.purge',
    scopesGranted: 'chat.read',
    jti,
    ruleIds: [expect.stringMatching(/^rul_/)],
    personal: { person: ada, username: 'ada', email: 'ada@acme.example', address: '10.1.1.1' },
    facts: {
      issuer,
      groups: ['engineering'],
      acr: 'urn:crossgrant:acr:password',
      amr: ['pwd'],
      authTime: world.nowSeconds - 100,
      callerAddress: '127.0.0.1',
      reasons: [
        { scope: 'chat.read', verdict: 'granted' },
        { scope: 'chat.purge', because: 'outside_ceiling' },
      ],
    },
  });
});

verifies('ADM-04', 'a denial is on record under the id the caller got', async () => {
  const denied = await world.exchange({ subject_token: await world.idToken({ person: 'bob' }) });
  expect(await world.audit(denied.id)).toMatchObject({
    outcome: 'deny',
    code: 'policy/denied',
    client: 'agent',
    audience: ras,
    scopesRequested: 'chat.read',
    personal: { username: 'bob' },
  });
});

verifies(['IDJ-22', 'ATK-60', 'DEL-02'], 'no token and no secret is in the log or the audit', async () => {
  await world.exchange();
  await world.exchange({ subject_token: `${await world.idToken()}x` });
  await world.exchange({ audience: await world.idToken(), scope: await world.idToken() });
  const rows = await world.idp.database.kysely.selectFrom('audit_rows').selectAll().execute();
  const text = `${JSON.stringify(rows)}${rows.map(({ canonical }) => Buffer.from(canonical as Uint8Array).toString('utf8')).join('')}${world.logLines.join('')}`;
  expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/);
  expect(text).not.toContain(agentSecret);
});

verifies('LES-84', 'refusals of the unproven are counted, not written one by one', async () => {
  const countRows = async (): Promise<number> =>
    Number(
      (
        await world.idp.database.kysely
          .selectFrom('audit_rows')
          .select(({ fn }) => fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );
  const before = await countRows();
  for (let index = 0; index < 50; index += 1) {
    expect((await world.exchange({ client_secret: `junk${index}` })).status).toBe(401);
  }
  expect(await countRows()).toBe(before);
  await world.idp.exchange.anonymous.flush();
  expect(await countRows()).toBe(before + 1);
  expect((await verifyAuditChain(world.idp.database)).firstBad).toBeUndefined();
});

verifies('TEX-28', 'a client, and a client for one person, is slowed down with a time to wait', async () => {
  const token = await world.idToken();
  const sue = await world.idToken({ person: 'sue' });
  const statuses: number[] = [];
  for (let index = 0; index < 110; index += 1) statuses.push((await world.exchange({ subject_token: token })).status);
  const limited = await world.exchange({ subject_token: token });
  expect(statuses).toContain(200);
  expect(limited.status).toBe(429);
  expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await world.exchange({ subject_token: sue })).status).toBe(400);
  const ofClient: number[] = [];
  for (let index = 0; index < 400 && !ofClient.includes(429); index += 1)
    ofClient.push((await world.exchange({ subject_token: 'junk' })).status);
  expect(ofClient.at(-1)).toBe(429);
  world.clock.nowMs += 60_000;
  expect((await world.exchange()).status).toBe(200);
});

verifies('LES-33', 'interleaved requests of many people never mix', async () => {
  world.clock.nowMs += 60_000;
  const wanted = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const person = index % 2 === 0 ? 'ada' : 'bob';
      const { body } = await world.exchange({
        subject_token: await world.idToken({ person }),
        scope: index % 4 === 0 ? 'chat.history' : 'chat.read',
      });
      return person === 'bob'
        ? body.error === 'access_denied'
        : decode(body.access_token).payload.sub === (await world.userId('ada')) &&
            body.scope === (index % 4 === 0 ? 'chat.history' : 'chat.read');
    }),
  );
  expect(wanted.every(Boolean)).toBe(true);
});
