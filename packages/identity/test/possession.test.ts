import { hash } from 'node:crypto';
import { generateSigningKey, type SigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agent,
  agentSecret,
  alice,
  askSignOn,
  editor,
  redirectUri,
  type SignOnWorld,
  startSignOnWorld,
} from './sign-on-world.ts';

const person = { username: 'alice', password: alice.password ?? '' };
const key = generateSigningKey('ES256');
let world: SignOnWorld;
let strict: SignOnWorld;
let serial = 0;

beforeAll(async () => {
  world = await startSignOnWorld();
  strict = await startSignOnWorld({ dpopNonces: true, clients: [{ ...agent, dpopRequired: true }, editor] });
});
afterAll(() => Promise.all([world.close(), strict.close()]));

function proof(at: SignOnWorld, claims: Record<string, unknown> = {}, signer: SigningKey = key): string {
  serial += 1;
  const payload = {
    jti: `p-${serial}`,
    htm: 'POST',
    htu: `${at.issuer}/token`,
    iat: Math.floor(Date.now() / 1000),
    ...claims,
  };
  return signJws(signer, 'dpop+jwt', payload, { jwk: signer.publicJwk });
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, string>;
  readonly headers: Headers;
}

async function send(url: string, headers: Record<string, string>, form?: Record<string, string>): Promise<Answer> {
  const init = form === undefined ? { headers } : { method: 'POST', headers, body: new URLSearchParams(form) };
  const response = await fetch(url, init);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, string>,
  };
}

const client = (id: string): Record<string, string> =>
  id === 'agent' ? { client_id: id, client_secret: agentSecret } : { client_id: id };

async function redeem(
  at: SignOnWorld,
  headers: Record<string, string>,
  clientId = 'agent',
  more: Record<string, string> = {},
): Promise<Answer> {
  const asked = await askSignOn(at, clientId, more);
  const callback = await signOn(createRobotBrowser(), asked.url, person);
  return send(`${at.issuer}/token`, headers, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: asked.verifier,
    ...client(clientId),
  });
}

function refresh(
  at: SignOnWorld,
  token: string | undefined,
  headers: Record<string, string>,
  clientId = 'editor',
): Promise<Answer> {
  return send(`${at.issuer}/token`, headers, {
    grant_type: 'refresh_token',
    refresh_token: token ?? '',
    ...client(clientId),
  });
}

function userinfo(
  at: SignOnWorld,
  token: string,
  claims: Record<string, unknown> = {},
  scheme = 'DPoP',
  signer = key,
): Promise<Answer> {
  const ath = hash('sha256', token, 'base64url');
  const text = proof(at, { htm: 'GET', htu: `${at.issuer}/userinfo`, ath, ...claims }, signer);
  return send(`${at.issuer}/userinfo`, { authorization: `${scheme} ${token}`, dpop: text });
}

verifies(
  ['DPO-01', 'LES-32'],
  'a sign-on with a proof gives tokens bound to the key, and userinfo takes them with one',
  async () => {
    const tokens = await redeem(world, { dpop: proof(world) });
    expect(tokens.body).toMatchObject({ token_type: 'DPoP' });
    const token = tokens.body.access_token ?? '';
    expect((await userinfo(world, token)).body).toMatchObject({ preferred_username: 'alice' });

    const refused = [
      await send(`${world.issuer}/userinfo`, { authorization: `Bearer ${token}` }),
      await send(`${world.issuer}/userinfo`, { authorization: `DPoP ${token}` }),
      await userinfo(world, token, {}, 'Bearer'),
      await userinfo(world, token, { htm: 'POST' }),
      await userinfo(world, token, { htu: `${world.issuer}/token` }),
      await userinfo(world, token, { ath: 'x' }),
      await userinfo(world, token, {}, 'DPoP', generateSigningKey('ES256')),
    ];
    for (const { status, body } of refused) expect([400, 401], JSON.stringify(body)).toContain(status);
    for (const { body } of refused) expect(body).not.toHaveProperty('sub');
  },
);

verifies(['DPO-01', 'LES-32'], 'a bound refresh token of a public client needs the proof of the same key', async () => {
  const { body } = await redeem(world, { dpop: proof(world) }, 'editor', { scope: 'openid offline_access' });
  expect(await refresh(world, body.refresh_token, {})).toMatchObject({ status: 400 });
  const thief = generateSigningKey('ES256');
  expect(await refresh(world, body.refresh_token, { dpop: proof(world, {}, thief) })).toMatchObject({ status: 400 });
  const renewed = await refresh(world, body.refresh_token, { dpop: proof(world) });
  expect(renewed.body).toMatchObject({ token_type: 'DPoP' });
});

verifies(['DPO-01', 'ATK-35'], 'a proof counts once, at every replica, for sign-on and userinfo', async () => {
  const text = proof(world);
  const first = await redeem(world, { dpop: text });
  expect(first.status).toBe(200);
  expect(await redeem(world, { dpop: text })).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });

  const token = first.body.access_token ?? '';
  const claims = { jti: 'again' };
  expect((await userinfo(world, token, claims)).status).toBe(200);
  expect(await userinfo(world, token, claims)).toMatchObject({ status: 401, body: { error: 'invalid_dpop_proof' } });
});

verifies(['DPO-01', 'ATK-35'], 'a proof that does not hold is refused, never ignored', async () => {
  const bad = [
    'x',
    proof(world, { htm: 'GET' }),
    proof(world, { iat: 1 }),
    proof(world, { htu: `${world.issuer}/userinfo` }),
  ];
  for (const dpop of bad)
    expect(await redeem(world, { dpop })).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
});

verifies('DPO-11', 'a client registered for bound tokens alone is refused without a proof', async () => {
  expect(await redeem(strict, {})).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } });
});

verifies('DPO-01', 'a nonce is asked for at the token endpoint and at userinfo', async () => {
  const first = await redeem(strict, { dpop: proof(strict) });
  expect(first).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } });
  const nonce = first.headers.get('dpop-nonce') ?? '';
  expect(nonce).toMatch(/^[\w-]{43}$/);
  const tokens = await redeem(strict, { dpop: proof(strict, { nonce }) });
  expect(tokens.body).toMatchObject({ token_type: 'DPoP' });

  const token = tokens.body.access_token ?? '';
  const asked = await userinfo(strict, token);
  expect(asked).toMatchObject({ status: 401, body: { error: 'use_dpop_nonce' } });
  expect(asked.headers.get('www-authenticate')).toMatch(/^DPoP error="use_dpop_nonce", algs="/);
  expect((await userinfo(strict, token, { nonce })).body).toMatchObject({ preferred_username: 'alice' });
});

test('without a proof nothing is bound, and a nonce that nobody asked for does no harm', async () => {
  expect((await redeem(world, {})).body).toMatchObject({ token_type: 'Bearer' });
  const unasked = await redeem(world, { dpop: proof(world, { nonce: 'x' }) });
  expect(unasked.body).toMatchObject({ token_type: 'DPoP' });
});
