import { Misuse } from '@crossgrant/platform';
import { freePorts, sendRaw, verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import { startAuthServer } from '../src/start-auth-server.ts';
import {
  clientId,
  configFor,
  idJag,
  idp,
  idp2,
  jwks,
  mcpResource,
  newFolder,
  redeem,
  type Served,
  self,
  serve,
} from './support.ts';

const folder = newFolder();
const running: Served[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((served) => served.close()));
});

async function start(...parts: Parameters<typeof configFor>): Promise<Served> {
  const served = await serve(configFor(...parts));
  running.push(served);
  return served;
}

test('a grant is redeemed over HTTP, and the same account is met again after a restart', async () => {
  const database = folder.path('restart.db');
  const first = await start(database);
  const before = await first.redeem();
  expect(before).toMatchObject({
    status: 200,
    body: { token_type: 'Bearer', expires_in: 600, scope: 'chat.read chat.history', resource: mcpResource },
  });
  const subject = (await first.introspect(String(before.body.access_token))).sub;
  await first.close();
  running.length = 0;

  const second = await start(database);
  expect(await second.introspect(String(before.body.access_token))).toMatchObject({ active: true, sub: subject });
  const after = await second.redeem();
  expect((await second.introspect(String(after.body.access_token))).sub).toBe(subject);
});

verifies(['RED-26', 'LES-26'], 'a restart does not forget what was redeemed', async () => {
  const database = folder.path('replay.db');
  const assertion = idJag();
  const first = await start(database);
  expect((await redeem(first.running.url, assertion)).status).toBe(200);
  await first.close();
  running.length = 0;
  const second = await start(database);
  expect(await redeem(second.running.url, assertion)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a restart with the same configuration changes nothing, and unblocks nobody', async () => {
  const database = folder.path('upsert.db');
  const first = await start(database);
  await first.running.commands.blockClient(clientId, { actor: 'admin' });
  const epoch = await first.running.store.readEpoch();
  await first.close();
  running.length = 0;

  const second = await start(database);
  expect(await second.running.store.readEpoch()).toBe(epoch);
  expect(await second.redeem()).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
});

verifies('CAU-06', 'another secret in the configuration ends the one before', async () => {
  const database = folder.path('secret.db');
  await (await start(database)).close();
  running.length = 0;
  const second = await start(database, {
    clients: [
      { id: clientId, auth: { methods: ['client_secret_basic', 'client_secret_post'], secret: 'another-secret' } },
    ],
  });
  expect((await second.redeem()).status).toBe(401);
  const assertion = idJag();
  const form = { client_id: clientId, client_secret: 'another-secret' };
  const response = await fetch(`${second.running.url}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion, ...form }),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(response.status).toBe(200);
});

verifies('LES-37', 'two issuers with one key set do not start without tenant pins, and do with them', async () => {
  const entry = { keys: { jwksUri: 'https://keys.shared.example/jwks' }, clients: [clientId], linking: 'jit' as const };
  const shared = [
    { issuer: idp, ...entry },
    { issuer: idp2, ...entry },
  ];
  await expect(startAuthServer(configFor(folder.path('shared.db'), { trustedIssuers: shared }))).rejects.toMatchObject({
    code: 'trusted-issuer/shared-keys',
  });

  const pinned = shared.map((trusted, index) => ({ ...trusted, tenant: { pin: `tenant-${index}` } }));
  await start(folder.path('pinned.db'), { trustedIssuers: pinned });
});

verifies(['RED-08', 'ATK-38'], 'a server does not start with itself as a trusted issuer', async () => {
  const own = configFor(folder.path('self.db'), {
    trustedIssuers: [{ issuer: self, keys: { jwks: jwks.idp }, clients: 'any', linking: 'jit' }],
  });
  await expect(startAuthServer(own)).rejects.toThrow(Misuse);
});

verifies(['MET-05', 'BCP-05'], 'production refuses an http issuer', async () => {
  await expect(startAuthServer(configFor(folder.path('http.db'), { development: false }))).rejects.toMatchObject({
    code: 'authserver/issuer',
  });
});

verifies('SUB-03', 'several customers behind one server: each tenant of a shared issuer reaches its own', async () => {
  const served = await start(folder.path('tenants.db'), {
    customers: [{ id: 'acme' }, { id: 'globex' }],
    trustedIssuers: [
      {
        issuer: idp,
        keys: { jwks: jwks.idp },
        clients: 'any',
        linking: 'jit',
        tenant: { map: { t1: 'acme', t2: 'globex' } },
      },
    ],
  });
  const first = await served.introspect(String((await served.redeem({ tenant: 't1' })).body.access_token));
  const second = await served.introspect(String((await served.redeem({ tenant: 't2' })).body.access_token));
  expect([first.customer, second.customer]).toEqual(['acme', 'globex']);
  expect(first.sub).not.toBe(second.sub);
});

verifies('LES-70', 'a host that is neither the public one nor the one listened on is not served', async () => {
  const [port = 0] = await freePorts(1);
  await start(folder.path('hosts.db'), { listen: `127.0.0.1:${port}` });
  const path = '/.well-known/oauth-authorization-server';
  const ask = async (host: string): Promise<number> =>
    (await sendRaw(`http://127.0.0.1:${port}`, { method: 'GET', path, headers: [`host: ${host}`] })).status;
  expect([await ask(`127.0.0.1:${port}`), await ask(new URL(self).host)]).toEqual([200, 200]);
  expect(await ask('evil.example:4702')).toBe(421);
});

test('configured accounts are linked as stated, and an unverified address links nobody', async () => {
  const linking = { email: true, verifiedDomains: ['acme.example'] };
  const served = await start(folder.path('accounts.db'), {
    trustedIssuers: [{ issuer: idp, keys: { jwks: jwks.idp }, clients: 'any', linking }],
    accounts: [
      { id: 'acct_7', email: 'ada@acme.example', emailVerified: true },
      { id: 'acct_8', email: 'bob@acme.example' },
      { id: 'acct_9', links: [{ issuer: idp, subject: 'U9' }] },
    ],
  });
  const subjectOf = async (claims: Record<string, unknown>): Promise<unknown> =>
    (await served.introspect(String((await served.redeem(claims)).body.access_token))).sub;
  expect(await subjectOf({ sub: 'U7', email: 'ada@acme.example' })).toBe('acct_7');
  expect(await subjectOf({ sub: 'U9' })).toBe('acct_9');
  expect((await served.redeem({ sub: 'U8', email: 'bob@acme.example' })).body.error).toBe('invalid_grant');
});
