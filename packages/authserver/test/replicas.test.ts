import { verifyAuditChain } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { freshDatabaseUrl, startPostgres } from '@crossgrant/testkit/postgres';
import { afterAll, beforeAll, expect } from 'vitest';
import { clientId, configFor, idJag, idp, newFolder, redeem, type Served, serve } from './support.ts';

const folder = newFolder();
let baseUrl = process.env.CROSSGRANT_TEST_POSTGRES ?? '';
let stop = async (): Promise<void> => undefined;

beforeAll(async () => {
  if (baseUrl !== '') return;
  const started = await startPostgres();
  baseUrl = started.url;
  stop = started.stop;
}, 120_000);
afterAll(async () => {
  await stop();
  folder.remove();
});

/** Two processes' worth of server over one database. */
async function replicas(): Promise<readonly [Served, Served]> {
  const config = configFor(await freshDatabaseUrl(baseUrl), { keyFile: folder.path('key') });
  return [await serve(config), await serve(config)];
}

async function race(servers: readonly Served[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const assertion = idJag({ sub: `U-${round % 3}` });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => redeem(servers[index % servers.length]?.running.url ?? '', assertion)),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(answers.filter(({ body }) => body.error === 'invalid_grant')).toHaveLength(19);
    expect(await servers.at(-1)?.introspect(String(won[0]?.body.access_token))).toMatchObject({ active: true });
  }
}

verifies(
  ['RED-26', 'ATK-11', 'LES-24'],
  'of 20 parallel redemptions at two replicas on PostgreSQL one gets a token, round after round',
  async () => {
    const servers = await replicas();
    await race(servers, 15);
    expect((await verifyAuditChain(servers[0].running.database)).firstBad).toBeUndefined();
    await Promise.all(servers.map((served) => served.close()));
  },
  120_000,
);

verifies(
  ['RED-26', 'ATK-11', 'LES-24'],
  'of 20 parallel redemptions in one process on SQLite one gets a token, round after round',
  async () => {
    const served = await serve(configFor(folder.path('race.db')));
    await race([served], 15);
    expect((await verifyAuditChain(served.running.database)).firstBad).toBeUndefined();
    await served.close();
  },
  120_000,
);

verifies(
  ['LES-20', 'REV-14', 'ATK-48'],
  'what one replica revoked the other refuses at its very next commit, news or no news',
  async () => {
    const [first, second] = await replicas();
    const token = String((await second.redeem()).body.access_token);
    const { sub } = await second.introspect(token);
    await first.running.commands.revokeAccount({ customerId: 'default', accountId: String(sub) }, { actor: 'admin' });
    expect((await second.redeem()).body.error).toBe('invalid_grant');
    expect(await second.introspect(token)).toEqual({ active: false });

    await first.running.commands.disableIssuer(idp, { actor: 'admin' });
    expect((await second.redeem({ sub: 'U-new' })).body.error).toBe('invalid_grant');
    await first.running.commands.enableIssuer(idp, { actor: 'admin' });
    const live = String((await second.redeem({ sub: 'U-new' })).body.access_token);
    await first.running.commands.blockClient(clientId, { actor: 'admin' });
    expect(await second.introspect(live)).toEqual({ active: false });
    expect((await second.redeem({ sub: 'U-new' })).body.error).toBe('invalid_client');
    await Promise.all([first.close(), second.close()]);
  },
  60_000,
);

verifies(
  ['RED-10', 'ATK-46', 'SUB-02'],
  'claims that no database could keep are refused on PostgreSQL like anywhere, never answered by 500',
  async () => {
    const [first, second] = await replicas();
    for (const claims of [
      { sub: 'a\u0000b' },
      { sub: 'x\ud800' },
      { jti: 'a\u0000b' },
      { acr: '\u0000' },
      { amr: ['\u0000'] },
      { act: { sub: 'x\u0000' } },
    ])
      expect([claims, await first.redeem(claims)]).toMatchObject([
        claims,
        { status: 400, body: { error: 'invalid_grant' } },
      ]);
    await Promise.all([first.close(), second.close()]);
  },
  60_000,
);

verifies(
  'KEY-02',
  'replicas sign and verify with the same keys',
  async () => {
    const [first, second] = await replicas();
    const jwks = await Promise.all(
      [first, second].map(async ({ running }) => (await fetch(`${running.url}/jwks`)).text()),
    );
    expect(jwks[0]).toBe(jwks[1]);
    await Promise.all([first.close(), second.close()]);
  },
  60_000,
);

verifies(
  ['KEY-02', 'REV-02', 'LES-47'],
  'what a revoked key signed is inactive at every replica in the same instant, and the key leaves the published set',
  async () => {
    const [first, second] = await replicas();
    const token = String((await second.redeem()).body.access_token);
    expect(await second.introspect(token)).toMatchObject({ active: true });
    const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
    const done = await first.running.keys.revoke(kid, { actor: 'admin' });
    expect(await second.introspect(token)).toEqual({ active: false });
    const next = String((await second.redeem()).body.access_token);
    expect(JSON.parse(Buffer.from(next.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({
      kid: done?.successor,
    });
    expect(await first.introspect(next)).toMatchObject({ active: true });
    for (const { running } of [first, second])
      expect(await (await fetch(`${running.url}/jwks`)).text()).not.toContain(kid);
    expect((await verifyAuditChain(first.running.database)).firstBad).toBeUndefined();
    await Promise.all([first.close(), second.close()]);
  },
  60_000,
);
