import { verifies } from '@crossgrant/testkit';
import type * as oauth from 'oauth4webapi';
import { expect } from 'vitest';
import { type AssertionSigner, privateKeyJwt } from './client-auth.ts';
import { decodeJwt } from './decode-jwt.ts';

const client: oauth.Client = { client_id: 'agent-at-acme' };

async function assertionFor(server: oauth.AuthorizationServer): Promise<{ body: URLSearchParams; verified: boolean }> {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const signer: AssertionSigner = {
    algorithm: 'ES256',
    keyId: 'client-1',
    sign: async (input) => new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, new Uint8Array(input))),
  };
  const body = new URLSearchParams();
  await privateKeyJwt(signer).apply(server, client, body, new Headers());
  const [header, payload, signature] = (body.get('client_assertion') ?? '').split('.');
  const bytes = new Uint8Array(Buffer.from(signature ?? '', 'base64url'));
  const input = new TextEncoder().encode(`${header}.${payload}`);
  return { body, verified: await crypto.subtle.verify(algorithm, pair.publicKey, bytes, input) };
}

verifies(
  ['CAU-01', 'ATK-56'],
  'a client assertion is made for the issuer alone, whatever endpoint it names',
  async () => {
    const server = { issuer: 'https://acme.idp.example', token_endpoint: 'https://auth.victim.example/token' };
    const { body, verified } = await assertionFor(server);
    const decoded = decodeJwt(body.get('client_assertion') ?? '');
    expect(verified).toBe(true);
    expect(decoded?.header).toEqual({ alg: 'ES256', kid: 'client-1', typ: 'client-authentication+jwt' });
    expect(decoded?.claims).toMatchObject({
      iss: 'agent-at-acme',
      sub: 'agent-at-acme',
      aud: 'https://acme.idp.example',
    });
    const { iat, exp } = (decoded?.claims ?? {}) as { iat: number; exp: number };
    expect(exp - iat).toBe(60);
  },
);

verifies('CAU-01', 'every assertion has an id of its own', async () => {
  const server = { issuer: 'https://acme.idp.example' };
  const [first, second] = await Promise.all([assertionFor(server), assertionFor(server)]);
  const idOf = (body: URLSearchParams) => decodeJwt(body.get('client_assertion') ?? '')?.claims.jti;
  expect(idOf(first.body)).not.toBe(idOf(second.body));
  expect(String(idOf(first.body))).toMatch(/^[\w-]{22}$/);
});
