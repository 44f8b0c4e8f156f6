import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { profiles } from '@crossgrant/protocol';
import { generateSigningKey, importSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, expect } from 'vitest';
import { upsertClientApp } from '../src/index.ts';
import { agent, alice, askSignOn, redirectUri, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' };
const key = importSigningKey({ ...pair.privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' } as never);
const signer = {
  ...agent,
  clientId: 'signer',
  secrets: undefined,
  tokenEndpointAuthMethods: ['private_key_jwt'] as const,
  keys: { jwks: { keys: [publicJwk] } },
};
const loopback = { [oauth.allowInsecureRequests]: true };
const client: oauth.Client = { client_id: 'signer', id_token_signed_response_alg: 'RS256' };

let world: SignOnWorld;
beforeAll(async () => {
  world = await startSignOnWorld({ clients: [agent, signer] });
});
afterAll(() => world.close());

async function privateKeyJwt(): Promise<oauth.ClientAuth> {
  const jwk = pair.privateKey.export({ format: 'jwk' });
  const imported = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return oauth.PrivateKeyJwt({ key: imported, kid: 'k1' });
}

function assertion(claims: object = {}): Record<string, string> {
  const now = Math.floor(world.clock() / 1000);
  const sound = { iss: 'signer', sub: 'signer', aud: world.issuer, jti: crypto.randomUUID(), iat: now, exp: now + 60 };
  return {
    client_assertion_type: profiles.clientAssertionType,
    client_assertion: signJws(key, 'client-authentication+jwt', { ...sound, ...claims }),
  };
}

async function post(path: string, fields: Record<string, string>, origin = world.issuer) {
  const response = await fetch(`${origin}${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  const text = await response.text();
  return { status: response.status, error: text === '' ? undefined : (JSON.parse(text) as { error?: string }).error };
}

const renewal = { grant_type: 'refresh_token', refresh_token: 'unknown' };
const proven = { status: 400, error: 'invalid_grant' };
const failed = { status: 401, error: 'invalid_client' };

verifies(
  ['CAU-01', 'CAU-03'],
  'a certified relying party signs people on, renews and revokes with its key',
  async () => {
    const server = await world.metadata();
    const asked = await askSignOn(world, 'signer');
    const callback = await signOn(createRobotBrowser(), asked.url, {
      username: 'alice',
      password: alice.password ?? '',
    });
    const parameters = oauth.validateAuthResponse(server, client, callback, asked.state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      await privateKeyJwt(),
      parameters,
      redirectUri,
      asked.verifier,
      loopback,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: asked.nonce,
      requireIdToken: true,
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ aud: 'signer' });
    const refreshToken = tokens.refresh_token ?? '';

    const renewed = await oauth.refreshTokenGrantRequest(server, client, await privateKeyJwt(), refreshToken, loopback);
    expect((await oauth.processRefreshTokenResponse(server, client, renewed)).id_token).toBeDefined();
    const revoked = await oauth.revocationRequest(server, client, await privateKeyJwt(), refreshToken, loopback);
    await oauth.processRevocationResponse(revoked);
    expect(await post('/token', { ...renewal, refresh_token: refreshToken, ...assertion() })).toEqual(proven);
  },
);

verifies('CAU-03', 'an assertion counts once at the endpoints of sign-on, at every replica', async () => {
  const replica = await world.replica();
  const once = assertion();
  expect(await post('/token', { ...renewal, ...once })).toEqual(proven);
  for (const origin of [world.issuer, replica.origin]) {
    expect(await post('/token', { ...renewal, ...once }, origin)).toEqual(failed);
    expect(await post('/revoke', { token: 'x', ...once }, origin)).toEqual(failed);
  }
  const raced = assertion();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      post('/token', { ...renewal, ...raced }, index % 2 === 0 ? world.issuer : replica.origin),
    ),
  );
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(1);
  await replica.close();
});

verifies('CAU-02', 'only the issuer is its audience', async () => {
  for (const aud of [`${world.issuer}/token`, [world.issuer, 'https://other.example']])
    expect(await post('/token', { ...renewal, ...assertion({ aud }) })).toEqual(failed);
});

verifies('LES-28', 'what the edge writes for oidc-provider proves nothing when a caller writes it', async () => {
  const forged = { ...renewal, client_id: 'signer', client_secret: 'proven-at-the-edge' };
  expect(await post('/token', forged)).toEqual(failed);
  expect(await post('/token', { ...forged, client_id: 'agent' })).toEqual(failed);
  expect(await post('/token', { ...renewal, client_id: 'signer' })).toEqual(failed);
});

verifies(
  ['KEY-03', 'KEY-04', 'KEY-05'],
  'keys at an address are fetched when needed, once for an unknown kid',
  async () => {
    const second = generateSigningKey('ES256', 'k2');
    let keys: readonly object[] = [publicJwk];
    let fetches = 0;
    const host = createServer((_request, response) => {
      fetches += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
    const jwksUri = `http://127.0.0.1:${(host.address() as AddressInfo).port}/jwks.json`;
    const remote = { ...signer, clientId: 'remote', keys: { jwksUri } };
    await upsertClientApp(world.database, world.tenantId, remote, { secretBox: world.secretBox, now: world.clock() });
    const present = (signedBy: typeof key): Promise<unknown> => {
      const now = Math.floor(world.clock() / 1000);
      const claims = { iss: 'remote', sub: 'remote', aud: world.issuer, jti: crypto.randomUUID(), exp: now + 60 };
      const client_assertion = signJws(signedBy, undefined, claims);
      return post('/token', { ...renewal, client_assertion_type: profiles.clientAssertionType, client_assertion });
    };

    const nowhere = { ...remote, keys: { jwksUri: 'http://127.0.0.1:9/jwks.json' } };
    await upsertClientApp(world.database, world.tenantId, nowhere, { secretBox: world.secretBox, now: world.clock() });
    expect(await present(key)).toMatchObject({ status: 503 });
    await upsertClientApp(world.database, world.tenantId, remote, { secretBox: world.secretBox, now: world.clock() });
    expect(await present(key)).toEqual(proven);
    expect(await present(key)).toEqual(proven);
    expect(fetches).toBe(1);
    keys = [publicJwk, second.publicJwk];
    expect(await present(second)).toEqual(proven);
    expect(fetches).toBe(2);
    for (let round = 0; round < 5; round++) expect(await present(generateSigningKey('ES256'))).toEqual(failed);
    expect(fetches).toBe(2);
    host.close();
  },
);

verifies('CAU-01', 'an app that signs needs a usable key when it is registered', async () => {
  const register = (part: object) =>
    upsertClientApp(
      world.database,
      world.tenantId,
      { ...signer, clientId: 'new', ...part },
      { secretBox: world.secretBox, now: world.clock() },
    );
  for (const keys of [
    undefined,
    { jwks: { keys: [] } },
    { jwks: { keys: [{ kty: 'oct', k: 'AA' }] } },
    { jwksUri: 'x' },
  ])
    await expect(register({ keys })).rejects.toThrow('has no usable key');
});
