import { sendRaw, verifies } from '@crossgrant/testkit';
import { calculateThumbprint, generateKeyPair, generateProof, type KeyPair } from 'dpop';
import { afterAll, beforeAll, expect } from 'vitest';
import { authorizationCode, exchangeForm, jwtBearer } from '../../fixtures/issued-tokens.ts';
import { idpSecret, rasSecret, startThreeServers, type ThreeServers } from '../../fixtures/three-servers.ts';

let servers: ThreeServers;
let keys: KeyPair;
let idJagFor: (keyPair?: KeyPair) => Promise<string>;

beforeAll(async () => {
  servers = await startThreeServers({
    change: (world) => ({
      ...world,
      idp: { ...world.idp, dpopNonces: 'required' },
      policy: { ...world.policy, connections: world.policy.connections.map((one) => ({ ...one, dpopRequired: true })) },
      authserver: {
        ...world.authserver,
        dpopNonces: 'required',
        jwtDpopGrant: true,
        resources: world.authserver.resources.map((one) => ({ ...one, dpopRequired: true })),
      },
      mcpServer: { ...world.mcpServer, dpopNonces: 'required' },
    }),
  });
  keys = await generateKeyPair('ES256');
  const idToken = await signOn();
  idJagFor = async (keyPair) => {
    const { body } = await post(`${servers.idp}/token`, exchangeForm(servers, idToken), keyPair);
    return String(body.access_token);
  };
});
afterAll(() => servers.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** One request with a proof, and once more with the nonce where one is asked for: what a client does. */
async function send(url: string, init: RequestInit, keyPair: KeyPair | undefined, token?: string): Promise<Answer> {
  const once = async (nonce?: string): Promise<Answer> => {
    const headers = new Headers(init.headers);
    const proof = keyPair && (await generateProof(keyPair, url, init.method ?? 'GET', nonce, token));
    if (proof !== undefined) headers.set('dpop', proof);
    return read(await fetch(url, { ...init, headers }));
  };
  const first = await once();
  const nonce = first.headers.get('dpop-nonce');
  return first.body.error === 'use_dpop_nonce' && nonce !== null ? once(nonce) : first;
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
  return { status: response.status, headers: response.headers, body };
}

function post(url: string, form: Record<string, string>, keyPair?: KeyPair): Promise<Answer> {
  return send(url, { method: 'POST', body: new URLSearchParams(form) }, keyPair);
}

async function signOn(): Promise<string> {
  const { code, verifier } = await authorizationCode(servers);
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: servers.redirectUri,
    client_id: 'agent',
    client_secret: idpSecret,
  };
  const { body } = await post(`${servers.idp}/token`, form, keys);
  expect(body.token_type).toBe('DPoP');
  return String(body.id_token);
}

function redemptionForm(assertion: string): Record<string, string> {
  return { grant_type: jwtBearer, assertion, client_id: 'agent-at-chat', client_secret: rasSecret };
}

const search = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'search', arguments: { q: 'hello' } },
});

function call(
  token: string,
  keyPair?: KeyPair,
  scheme = 'DPoP',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = {
    authorization: `${scheme} ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...headers,
  };
  return send(servers.resource, { method: 'POST', headers: sent, body: search }, keyPair, token);
}

async function accessToken(): Promise<string> {
  const { body } = await post(`${servers.authserver}/token`, redemptionForm(await idJagFor(keys)), keys);
  return String(body.access_token);
}

function payloadOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

verifies(
  ['DPO-02', 'DPO-03', 'DPO-09', 'RSV-03', 'IDJ-19'],
  'one key is proven at all three servers, with the nonce of each, and everything issued is bound to it',
  async () => {
    const cnf = { jkt: await calculateThumbprint(keys.publicKey) };
    const idJag = await idJagFor(keys);
    expect(payloadOf(idJag).cnf).toEqual(cnf);
    const redeemed = await post(`${servers.authserver}/token`, redemptionForm(idJag), keys);
    expect(redeemed.body.token_type).toBe('DPoP');
    const token = String(redeemed.body.access_token);
    expect(payloadOf(token).cnf).toEqual(cnf);
    const answer = await call(token, keys);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      200,
      expect.stringContaining('Hello from the export team'),
    ]);
    expect(servers.logLines.join('')).not.toContain(token);
  },
);

verifies('DPO-07', 'jwt-dpop redeems the same bound grant, and no unbound request', async () => {
  const form = { ...redemptionForm(await idJagFor(keys)), grant_type: 'urn:ietf:params:oauth:grant-type:jwt-dpop' };
  expect(await post(`${servers.authserver}/token`, form)).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  });
  expect(await post(`${servers.authserver}/token`, form, keys)).toMatchObject({
    status: 200,
    body: { token_type: 'DPoP' },
  });
});

verifies(
  ['ATK-34', 'DPO-04', 'DPO-06'],
  'a proof that was taken away on the way is missed at every server',
  async () => {
    const idToken = await signOn();
    const exchanged = await post(`${servers.idp}/token`, exchangeForm(servers, idToken));
    expect(exchanged).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
    const redeemed = await post(`${servers.authserver}/token`, redemptionForm(await idJagFor(keys)));
    expect(redeemed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  },
);

verifies(
  ['RSV-03', 'LES-32', 'ATK-35'],
  'a stolen token, a stolen ID-JAG and a stolen proof open nothing',
  async () => {
    const thief = await generateKeyPair('PS256');
    const token = await accessToken();
    for (const stolen of [
      await call(token),
      await call(token, thief),
      await call(token, undefined, 'Bearer'),
      await call(token, keys, 'Bearer'),
    ]) {
      expect(stolen.status).toBe(401);
      expect(stolen.headers.get('www-authenticate')).toMatch(/^DPoP error="/);
    }
    const redeemed = await post(`${servers.authserver}/token`, redemptionForm(await idJagFor(keys)), thief);
    expect(redeemed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });

    const nonce = (await call(token, thief)).headers.get('dpop-nonce') ?? (await nonceOfResource(token));
    const proof = await generateProof(keys, servers.resource, 'POST', nonce, token);
    expect((await call(token, undefined, 'DPoP', { dpop: proof })).status).toBe(200);
    expect((await call(token, undefined, 'DPoP', { dpop: proof })).status).toBe(401);
  },
);

async function nonceOfResource(token: string): Promise<string> {
  const proof = await generateProof(keys, servers.resource, 'POST', undefined, token);
  const asked = await call(token, undefined, 'DPoP', { dpop: proof });
  expect(asked.body.error).toBe('use_dpop_nonce');
  return asked.headers.get('dpop-nonce') ?? '';
}

verifies(['RSV-03', 'ATK-35'], 'proofs for another method, address or token, twice or huge, open nothing', async () => {
  const token = await accessToken();
  const nonce = await nonceOfResource(token);
  const { origin, host, pathname } = new URL(servers.resource);
  const made = (htu: string, htm = 'POST', of = token): Promise<string> => generateProof(keys, htu, htm, nonce, of);
  const bad = [
    await made(servers.resource, 'GET'),
    await made(`${servers.resource}/`),
    await made(`${origin}/open/mcp`),
    await made(`http://a@${host}${pathname}`),
    await made(`http://127.0.0.1:1${pathname}`),
    await made(servers.resource, 'POST', `${token}x`),
    `${await made(servers.resource)}, ${await made(servers.resource)}`,
    'x'.repeat(12_000),
  ];
  for (const dpop of bad) expect((await call(token, undefined, 'DPoP', { dpop })).status, dpop.slice(0, 20)).toBe(401);

  const upperCase = await made(`HTTP://${host}${pathname}?x=1#y`);
  expect((await call(token, undefined, 'DPoP', { dpop: upperCase })).status).toBe(200);
  const twice = await sendRaw(origin, {
    path: pathname,
    headers: [
      `authorization: DPoP ${token}`,
      'content-type: application/json',
      `dpop: ${await made(servers.resource)}`,
      `dpop: ${await made(servers.resource)}`,
    ],
    body: search,
  });
  expect(twice.status).toBe(401);
});
