import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { importJwks } from './jwks.ts';
import { generateSigningKey } from './signing-key.ts';

const ec = generateSigningKey('ES256', 'ec').publicJwk;
const rsa = generateSigningKey('RS256', 'rsa').publicJwk;
const ed = generateSigningKey('EdDSA', 'ed').publicJwk;

function problemOf(key: unknown): string | undefined {
  const imported = importJwks({ keys: [key, { ...ec, kid: 'good' }] });
  expect(imported.keys.some((one) => one.kid === 'good')).toBe(true);
  expect(imported.keys.length + imported.problems.length).toBe(2);
  return imported.problems[0];
}

const jwkOf = (key: KeyObject): object => key.export({ format: 'jwk' });

test('each supported type is imported with its algorithms', () => {
  const bare = [ec, { ...generateSigningKey('ES384', 'ec384').publicJwk }, rsa, ed].map(
    ({ alg: _, use: __, ...jwk }) => jwk,
  );
  const { keys, problems } = importJwks({ keys: bare });

  expect(problems).toEqual([]);
  expect(keys.map((key) => [key.kid, key.algorithms])).toEqual([
    ['ec', ['ES256']],
    ['ec384', ['ES384']],
    ['rsa', ['RS256', 'PS256']],
    ['ed', ['EdDSA']],
  ]);
});

verifies(['KEY-06', 'LES-34'], 'alg narrows a key and never widens it', () => {
  expect(importJwks({ keys: [{ ...rsa, alg: 'PS256' }] }).keys[0]?.algorithms).toEqual(['PS256']);
  for (const alg of ['HS256', 'none', 'ES384', 'RS256', '', 1, null])
    expect(problemOf({ ...ec, alg })).toMatch(/alg that does not fit/);
});

verifies(['KEY-01', 'LES-34', 'ATK-04'], 'symmetric and unknown keys are left out', () => {
  for (const key of [
    { kty: 'oct', k: 'AAAA', alg: 'HS256' },
    { kty: 'EC', crv: 'secp256k1', x: 'A', y: 'A' },
    { kty: 'EC', crv: 'P-521' },
    { kty: 'OKP', crv: 'X25519', x: 'A' },
    { kty: 'ec', crv: 'P-256' },
    {},
  ])
    expect(problemOf(key)).toMatch(/not supported/);
});

verifies('LES-34', 'an RSA key without members is no key, and never an empty secret', () => {
  for (const changes of [{ n: undefined }, { e: undefined }, { n: '' }, { n: 1 }, { e: '=' }, { n: 'x'.repeat(2_000) }])
    expect(problemOf({ ...rsa, ...changes })).toMatch(/no numbers/);
});

verifies('KEY-01', 'private material, other uses and other operations are left out', () => {
  expect(problemOf({ ...ec, d: 'AAAA' })).toMatch(/private/);
  expect(problemOf({ ...rsa, k: 'AAAA' })).toMatch(/private/);
  expect(problemOf({ ...ec, use: 'enc' })).toMatch(/not for signatures/);
  expect(problemOf({ ...ec, key_ops: ['sign'] })).toMatch(/not for verification/);
  expect(problemOf({ ...ec, key_ops: 'verify' })).toMatch(/not for verification/);
  expect(problemOf({ ...ec, key_ops: ['verify'], use: undefined })).toBeUndefined();
});

verifies(['KEY-01', 'LES-49', 'ATK-19'], 'a modulus below 2048 or above 4096 bits is left out', () => {
  const weak = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey);
  const giant = { ...rsa, n: Buffer.concat([Buffer.from([0x80]), Buffer.alloc(600, 1)]).toString('base64url') };

  expect(problemOf(weak)).toMatch(/modulus/);
  expect(problemOf(giant)).toMatch(/modulus/);
  expect(
    problemOf({ ...rsa, n: Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(255, 1)]).toString('base64url') }),
  ).toMatch(/modulus/);
});

verifies('LES-49', 'an exponent that is tiny, giant or even is left out', () => {
  for (const e of [
    [1],
    [3],
    [1, 0, 0],
    [1, 0, 0, 0, 0, 1],
    [1, 0, 0, 0, 0, 0, 0, 0, 1],
    [2, 0, 0, 0, 1],
    [255, 255, 255, 255, 255],
    [1, 0, 2],
    [0, 1, 0, 1],
  ]) {
    expect(problemOf({ ...rsa, e: Buffer.from(e).toString('base64url') }), String(e)).toMatch(/exponent|no numbers/);
  }
});

verifies('LES-49', 'a point off the curve or of a wrong length is left out', () => {
  expect(problemOf({ ...ec, y: Buffer.alloc(32, 7).toString('base64url') })).toMatch(/not a valid public key/);
  expect(problemOf({ ...ec, x: Buffer.alloc(33, 7).toString('base64url') })).toMatch(/wrong length/);
  expect(problemOf({ ...ec, y: Buffer.alloc(31, 7).toString('base64url') })).toMatch(/wrong length/);
  expect(problemOf({ ...ed, x: 'AA' })).toMatch(/wrong length/);
});

verifies(['LES-49', 'KEY-01'], 'twins are both left out, and the others work', () => {
  const imported = importJwks({
    keys: [
      { ...ec, kid: 'a' },
      { ...rsa, kid: 'a' },
      { ...ed, kid: 'b' },
    ],
  });

  expect(imported.keys.map((key) => key.kid)).toEqual(['b']);
  expect(imported.problems).toHaveLength(2);
});

verifies('LES-49', 'a set of more than 64 keys is refused whole', () => {
  const many = (count: number): unknown => ({
    keys: Array.from({ length: count }, (_, index) => ({ ...ed, kid: `k${index}` })),
  });

  expect(importJwks(many(64)).keys).toHaveLength(64);
  expect(importJwks(many(65))).toEqual({ keys: [], problems: ['The set has more than 64 keys'] });
});

verifies('ATK-06', 'a kid that is no short text is left out', () => {
  for (const kid of [1, '', null, 'x'.repeat(257)]) expect(problemOf({ ...ec, kid })).toMatch(/kid/);
  expect(problemOf({ ...ec, kid: undefined })).toBeUndefined();
});

test('a document of another shape has no keys and one problem', () => {
  for (const document of [undefined, null, [], 'keys', {}, { keys: {} }, { keys: 'x' }])
    expect(importJwks(document).problems).toHaveLength(1);
  expect(importJwks({ keys: [null, 1, []] }).problems).toHaveLength(3);
});
