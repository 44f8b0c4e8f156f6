import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { signJws } from './sign.ts';
import { exportPrivateJwk, generateSigningKey, importSigningKey } from './signing-key.ts';
import { thumbprint } from './thumbprint.ts';

const headerOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString());

verifies(['IDJ-01', 'IDJ-21'], 'the header has alg, typ and kid, and no key material', () => {
  const key = generateSigningKey('ES256', 'k1');

  expect(headerOf(signJws(key, 'oauth-id-jag+jwt', {}))).toEqual({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: 'k1' });
  expect(headerOf(signJws(key, undefined, {}, { alg: 'none', kid: 'x', extra: 1 }))).toEqual({
    alg: 'ES256',
    kid: 'k1',
    extra: 1,
  });
});

verifies('KEY-01', 'a published key has kid, alg and use, and public members only', () => {
  for (const alg of ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'] as const) {
    const { publicJwk } = generateSigningKey(alg);
    expect(publicJwk).toMatchObject({ alg, use: 'sig', kid: thumbprint(publicJwk) });
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth']) expect(publicJwk).not.toHaveProperty(member);
  }
});

test('a private key survives export and import', () => {
  for (const alg of ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'] as const) {
    const key = generateSigningKey(alg, 'k1');
    const again = importSigningKey(JSON.parse(JSON.stringify(exportPrivateJwk(key))) as JsonObject);
    expect(again.publicJwk).toEqual(key.publicJwk);
    expect([again.alg, again.kid]).toEqual([alg, 'k1']);
  }
});

test('an unusable private key is misuse, without its material in the message', () => {
  const jwk = exportPrivateJwk(generateSigningKey('ES256', 'k1'));
  for (const changes of [
    { alg: 'HS256' },
    { alg: 'RS256' },
    { alg: undefined },
    { kid: 1 },
    { d: undefined },
    { d: 'AA', x: 'AA' },
  ]) {
    const attempt = (): unknown => importSigningKey({ ...jwk, ...changes } as JsonObject);
    expect(attempt).toThrow(/^The signing key cannot be used/);
  }
});

test('the thumbprint is that of RFC 7638', () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';

  expect(thumbprint({ kty: 'RSA', n, e: 'AQAB' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
});
