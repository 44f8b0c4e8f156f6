import { verifies } from '@crossgrant/testkit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type Answer,
  agentSecret,
  botSecret,
  decode,
  type IdpWorld,
  issuer,
  policy,
  startIdpWorld,
} from './idp-world.ts';

let world: IdpWorld;
let demanding: IdpWorld;
let key: CryptoKeyPair;
let jkt: string;

beforeAll(async () => {
  const clientApps = policy.clientApps?.map((app) => (app.id === 'agent' ? { ...app, dpopRequired: true } : app));
  world = await startIdpWorld();
  demanding = await startIdpWorld({ config: { dpopNonces: 'required' }, policy: { clientApps } });
  key = await generateKeyPair('ES256', { extractable: true });
  const { calculateJwkThumbprint } = await import('jose');
  jkt = await calculateJwkThumbprint(await exportJWK(key.publicKey));
});
afterAll(() => Promise.all([world.close(), demanding.close()]));

let serial = 0;

async function proof(claims: Record<string, unknown> = {}, at = world): Promise<string> {
  serial += 1;
  const payload = { jti: `p-${serial}`, htm: 'POST', htu: `${issuer}/token`, iat: at.nowSeconds, ...claims };
  return new SignJWT(payload)
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(key.publicKey) })
    .sign(key.privateKey);
}

async function expectRefused(answer: Answer, error: string, code: string, at = world): Promise<void> {
  expect({ status: answer.status, error: answer.body.error }).toEqual({ status: 400, error });
  expect(await at.audit(answer.id)).toMatchObject({ outcome: 'refused', code });
}

verifies(
  ['DPO-01', 'DPO-02', 'IDJ-19'],
  'an ID-JAG is bound to the key of the proof, and to nothing without one',
  async () => {
    const bound = await world.exchange({}, { headers: { dpop: await proof() } });
    expect(bound.status).toBe(200);
    expect(bound.body.token_type).toBe('N_A');
    expect(decode(bound.body.access_token).payload.cnf).toEqual({ jkt });

    const unbound = await world.exchange();
    expect(unbound.status).toBe(200);
    expect(decode(unbound.body.access_token).payload).not.toHaveProperty('cnf');
  },
);

verifies(['DPO-01', 'DPO-02', 'ATK-35'], 'a proof that does not hold is refused, never ignored', async () => {
  const bad: readonly (readonly [string, string])[] = [
    ['dpop/malformed', 'x'],
    ['dpop/malformed', `${await proof()}, ${await proof()}`],
    ['dpop/target', await proof({ htu: 'https://auth.chat.example/token' })],
    ['dpop/target', await proof({ htm: 'GET' })],
    ['dpop/time', await proof({ iat: world.nowSeconds - 3_600 })],
    ['dpop/claims', await proof({ jti: 'x'.repeat(300) })],
  ];
  for (const [code, dpop] of bad)
    await expectRefused(await world.exchange({}, { headers: { dpop } }), 'invalid_dpop_proof', code);
});

verifies(
  ['DPO-01', 'ATK-35'],
  'a proof counts once, on every replica, and also when the request was refused',
  async () => {
    const replica = await world.replica();
    const dpop = await proof();
    expect((await world.exchange({}, { headers: { dpop } })).status).toBe(200);
    const again = await world.exchange({}, { headers: { dpop }, at: replica });
    await expectRefused(again, 'invalid_dpop_proof', 'dpop/replayed');

    const spent = await proof();
    await expectRefused(
      await world.exchange({ audience: 'https://nobody.example' }, { headers: { dpop: spent } }),
      'invalid_target',
      'exchange/audience-unknown',
    );
    await expectRefused(await world.exchange({}, { headers: { dpop: spent } }), 'invalid_dpop_proof', 'dpop/replayed');
  },
);

verifies(['DPO-01', 'ATK-35'], 'of parallel uses of one proof one wins', async () => {
  const dpop = await proof();
  const answers = await Promise.all(Array.from({ length: 12 }, () => world.exchange({}, { headers: { dpop } })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

verifies(['DPO-01', 'ATK-35'], 'a stranger cannot use up the proof of a client', async () => {
  const dpop = await proof();
  const stranger = await world.exchange({ client_secret: 'wrong' }, { headers: { dpop } });
  expect(stranger.status).toBe(401);
  expect((await world.exchange({}, { headers: { dpop } })).status).toBe(200);
});

verifies('ATK-34', 'a connection that demands a proof yields nothing without one', async () => {
  const mail = {
    client_id: 'bot',
    client_secret: botSecret,
    audience: 'https://mail.example',
    resource: undefined,
    scope: undefined,
  };
  const subject = async (): Promise<string> => world.idToken({ client: 'bot' });
  await expectRefused(
    await world.exchange({ ...mail, subject_token: await subject() }),
    'invalid_dpop_proof',
    'dpop/missing',
  );
  const bound = await world.exchange({ ...mail, subject_token: await subject() }, { headers: { dpop: await proof() } });
  expect(decode(bound.body.access_token).payload.cnf).toEqual({ jkt });
});

verifies('DPO-11', 'a client registered for bound tokens alone is refused without a proof', async () => {
  await expectRefused(await demanding.exchange(), 'invalid_dpop_proof', 'dpop/missing', demanding);
  await expectRefused(
    await demanding.exchange({ subject_token: 'x' }),
    'invalid_dpop_proof',
    'dpop/missing',
    demanding,
  );
});

verifies('DPO-01', 'a nonce is asked for, given with every answer, and accepted by every replica', async () => {
  const replica = await demanding.replica({ dpopNonces: 'required' });
  const first = await demanding.exchange({}, { headers: { dpop: await proof({}, demanding) } });
  await expectRefused(first, 'use_dpop_nonce', 'dpop/nonce', demanding);
  const nonce = first.headers.get('dpop-nonce') ?? '';
  expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/);

  const second = await demanding.exchange({}, { headers: { dpop: await proof({ nonce }, demanding) }, at: replica });
  expect(second.status).toBe(200);
  expect(second.headers.get('dpop-nonce')).toBe(nonce);
  expect(decode(second.body.access_token).payload.cnf).toEqual({ jkt });

  const guessed = await proof({ nonce: `${nonce.slice(1)}x` }, demanding);
  await expectRefused(
    await demanding.exchange({}, { headers: { dpop: guessed } }),
    'use_dpop_nonce',
    'dpop/nonce',
    demanding,
  );
  demanding.clock.nowMs += 300_000;
  const late = await proof({ nonce }, demanding);
  await expectRefused(
    await demanding.exchange({}, { headers: { dpop: late } }),
    'use_dpop_nonce',
    'dpop/nonce',
    demanding,
  );
});

test('the answer names no nonce where none is asked for, and an unasked one does no harm', async () => {
  const answer = await world.exchange({}, { headers: { dpop: await proof({ nonce: 'x' }) } });
  expect(answer.status).toBe(200);
  expect(answer.headers.has('dpop-nonce')).toBe(false);
});

verifies('DPO-01', 'the metadata names the algorithms', async () => {
  const response = await fetch(`${world.idp.url}/.well-known/oauth-authorization-server`);
  const document = (await response.json()) as Record<string, unknown>;
  expect(document.dpop_signing_alg_values_supported).toEqual(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']);
});

test('the audit row of a bound exchange holds the thumbprint and no proof', async () => {
  const dpop = await proof({ htm: 'GET' });
  const refused = await world.exchange({ client_id: 'agent', client_secret: agentSecret }, { headers: { dpop } });
  expect(JSON.stringify(await world.audit(refused.id))).not.toContain(dpop.slice(0, 40));
});
