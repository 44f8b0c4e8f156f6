import { generateKeyPairSync } from 'node:crypto';
import { verifies } from '@crossgrant/testkit';
import { createLocalJWKSet, decodeJwt, type JWK, jwtVerify } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { type AssertionSigner, CrossgrantMisuse, keySigner, privateKeyJwt } from '../src/index.ts';
import { exchangeAnswer, startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world?.close());

const kinds: readonly [AssertionSigner['algorithm'], () => ReturnType<typeof generateKeyPairSync>, string?][] = [
  ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) as never],
  ['ES384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }) as never],
  ['EdDSA', () => generateKeyPairSync('ed25519') as never],
  ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }) as never, 'RS256'],
  ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 }) as never, 'PS256'],
];
interface Pair {
  readonly privateKey: { export(options: object): JWK };
  readonly publicKey: { export(options: object): JWK };
}

for (const [algorithm, generate, alg] of kinds) {
  verifies('CAU-01', `a JWK signs client assertions with ${algorithm}`, async () => {
    const pair = generate() as unknown as Pair;
    const signer = await keySigner({
      ...pair.privateKey.export({ format: 'jwk' }),
      kid: 'k1',
      ...(alg ? { alg } : {}),
    } as JsonWebKey);
    expect(signer).toMatchObject({ algorithm, keyId: 'k1' });
    const assertion = await assertionOf(signer, 'https://as.example');
    const keys = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }] };
    const { payload, protectedHeader } = await jwtVerify(assertion, createLocalJWKSet(keys), {
      algorithms: [algorithm],
    });
    expect(protectedHeader).toEqual({ alg: algorithm, kid: 'k1', typ: 'client-authentication+jwt' });
    expect(payload).toMatchObject({ iss: 'agent', sub: 'agent', aud: 'https://as.example' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBeLessThanOrEqual(60);
  });
}

async function assertionOf(signer: AssertionSigner, issuer: string): Promise<string> {
  const body = new URLSearchParams();
  await privateKeyJwt(signer).apply({ issuer } as never, { client_id: 'agent' }, body, new Headers());
  return body.get('client_assertion') ?? '';
}

test('a CryptoKey that does not leave the process signs as well', async () => {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  expect(await keySigner(privateKey, { keyId: 'k2' })).toMatchObject({ algorithm: 'ES256', keyId: 'k2' });
});

test('a key that cannot sign assertions is the mistake of a developer', async () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const bad = [
    ec.publicKey.export({ format: 'jwk' }),
    rsa.privateKey.export({ format: 'jwk' }),
    { ...rsa.privateKey.export({ format: 'jwk' }), alg: 'HS256' },
    { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', d: 'x' },
    { ...ec.privateKey.export({ format: 'jwk' }), x: 'AAAA' },
    {},
  ];
  for (const key of bad) await expect(keySigner(key as JsonWebKey)).rejects.toBeInstanceOf(CrossgrantMisuse);
});

verifies(
  ['CAU-01', 'CAU-07', 'ATK-56'],
  'each server gets assertions of its own at sign-on, refresh, exchange and redemption',
  async () => {
    const signers = await Promise.all(
      ['at-idp', 'at-ras'].map(async (keyId) => {
        const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
          'sign',
          'verify',
        ]);
        return keySigner(privateKey, { keyId });
      }),
    );
    const [atIdp, atRas] = signers.map((signer) => privateKeyJwt(signer));
    if (!atIdp || !atRas) throw new Error('no signers');
    world = await startWorld((options) => ({
      ...options,
      idp: { ...options.idp, auth: atIdp },
      resourceServers: Object.fromEntries(
        Object.entries(options.resourceServers).map(([issuer, server]) => [issuer, { ...server, auth: atRas }]),
      ),
    }));
    const redirectUri = 'https://agent.example/cb';
    const { pending } = await world.client.beginSignOn({ redirectUri });
    world.idp.answer('POST /token', async ({ form }) => {
      if (form.has('subject_token')) return exchangeAnswer(world.idJag());
      const idToken = await world.idToken(form.has('code') ? { nonce: pending.nonce } : {});
      return { json: { access_token: 'at', token_type: 'Bearer', id_token: idToken, refresh_token: 'rt-first' } };
    });
    const answer = new URLSearchParams({ code: 'c1', state: pending.state, iss: world.idp.url });
    const session = await world.client.finishSignOn(pending, `${redirectUri}?${answer}`);
    world.clock.now += 700_000;
    await world.client.accessToken({ session: session.id, resource: world.resource });

    const sent = [...world.idp.askedFor('/token'), ...world.ras.askedFor('/token')];
    expect(sent.map(({ form }) => form.get('grant_type')?.split(':').at(-1))).toEqual([
      'authorization_code',
      'refresh_token',
      'token-exchange',
      'jwt-bearer',
    ]);
    const claims = sent.map(({ form }) => decodeJwt(form.get('client_assertion') ?? ''));
    expect(claims.map(({ aud }) => aud)).toEqual([world.idp.url, world.idp.url, world.idp.url, world.ras.url]);
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(4);
  },
);
