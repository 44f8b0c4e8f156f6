import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeEach, expect } from 'vitest';
import {
  clientId,
  configFor,
  idJag,
  idp,
  jwks,
  mcpResource,
  newFolder,
  nowMs,
  privateKeys,
  redeem,
  type Served,
  self,
  serve,
} from './support.ts';

const folder = newFolder();
const open: { close(): Promise<void> }[] = [];
let count = 0;

afterAll(async () => {
  await Promise.all(open.map((one) => one.close()));
  folder.remove();
});

interface FakeIdp {
  readonly issuer: string;
  readonly asked: string[];
  keys: unknown;
  status: number;
}

/** An IdP that serves metadata and keys, and counts who asks. */
async function startIdp(): Promise<FakeIdp> {
  const fake: { issuer: string; asked: string[]; keys: unknown; status: number } = {
    issuer: '',
    asked: [],
    keys: jwks.idp,
    status: 200,
  };
  const server = createServer((request, response) => {
    fake.asked.push(request.url ?? '');
    response.writeHead(fake.status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(request.url === '/jwks' ? fake.keys : { issuer: fake.issuer, jwks_uri: `${fake.issuer}/jwks` }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  return fake;
}

let fake: FakeIdp;
let served: Served;

beforeEach(async () => {
  fake = await startIdp();
  served = await serve(
    configFor(folder.path(`keys-${count++}.db`), {
      trustedIssuers: [
        { issuer: fake.issuer, keys: 'discovery', clients: [clientId], linking: 'jit', defaultResource: mcpResource },
      ],
    }),
  );
  open.push(served);
});

const redeemHere = (assertion: string): ReturnType<typeof redeem> => redeem(served.running.url, assertion);

function signed(claims: Record<string, unknown>, header: object): string {
  const now = nowMs / 1000;
  const payload = {
    iss: fake.issuer,
    sub: 'U1',
    aud: self,
    client_id: clientId,
    jti: `k-${count}-${Math.random()}`,
    iat: now,
    exp: now + 60,
    scope: 'chat.read',
    resource: mcpResource,
    ...claims,
  };
  return signJws(importSigningKey(privateKeys.idp), 'oauth-id-jag+jwt', payload, header);
}

verifies(['RED-09', 'KEY-03'], 'keys found by discovery are fetched once and serve every later grant', async () => {
  expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(200);
  expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(200);
  expect(fake.asked.filter((path) => path === '/jwks')).toHaveLength(1);
});

verifies(['RED-08', 'ATK-16', 'ATK-20'], 'a grant of an untrusted issuer causes no request at all', async () => {
  expect((await redeemHere(idJag({ iss: idp }))).body.error).toBe('invalid_grant');
  expect((await redeemHere(idJag({ iss: `${fake.issuer}/` }))).body.error).toBe('invalid_grant');
  expect(fake.asked).toEqual([]);
});

verifies(['RED-09', 'ATK-05', 'ATK-16'], 'links to keys in the header are never followed', async () => {
  const stranger = await startIdp();
  const header = { jku: `${stranger.issuer}/jwks`, x5u: `${stranger.issuer}/cert`, jwk: jwks.idp };
  expect((await redeemHere(signed({}, header))).status).toBe(200);
  expect(stranger.asked).toEqual([]);
});

verifies(['KEY-04', 'ATK-17'], 'invented key names cause one more fetch and then none for half a minute', async () => {
  expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(200);
  const [, payload = '', signature = ''] = idJag({ iss: fake.issuer }).split('.');
  for (let attempt = 0; attempt < 10; attempt++) {
    const header = Buffer.from(
      JSON.stringify({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: `invented-${attempt}` }),
    ).toString('base64url');
    expect((await redeemHere(`${header}.${payload}.${signature}`)).body.error).toBe('invalid_grant');
  }
  expect(fake.asked.filter((path) => path === '/jwks')).toHaveLength(2);
});

verifies(
  ['KEY-05', 'ATK-18'],
  'an issuer whose keys were never seen means 503; keys seen before serve through an outage',
  async () => {
    fake.status = 500;
    expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(503);
    fake.status = 200;
    served.at(60);
    expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(200);
    fake.status = 500;
    served.at(3600);
    expect((await redeemHere(idJag({ iss: fake.issuer }, nowMs / 1000 + 3600))).status).toBe(200);
  },
);

verifies('KEY-03', 'a changed directory keeps the keys that were fetched', async () => {
  expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(200);
  await served.running.commands.unblockClient(clientId, { actor: 'admin' });
  expect((await redeemHere(idJag({ iss: fake.issuer }))).status).toBe(200);
  expect(fake.asked.filter((path) => path === '/jwks')).toHaveLength(1);
});
