import { createHmac } from 'node:crypto';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { defaultAlgorithms, type SignatureAlgorithm } from './algorithms.ts';
import { importJwks, type VerificationKey } from './jwks.ts';
import { parseCompactJws } from './parse.ts';
import { signJws } from './sign.ts';
import { generateSigningKey, verificationKeyOf } from './signing-key.ts';
import { verifyJws } from './verify.ts';

const ec = generateSigningKey('ES256', 'ec');
const rsa = generateSigningKey('RS256', 'rsa');
const other = generateSigningKey('ES256', 'ec');
const keys = [verificationKeyOf(ec), verificationKeyOf(rsa)];

function outcome(
  token: string,
  trusted: readonly VerificationKey[] = keys,
  allowed: readonly SignatureAlgorithm[] = defaultAlgorithms,
): string {
  const parsed = parseCompactJws(token);
  const result = parsed.ok ? verifyJws(parsed.value, trusted, allowed) : parsed;
  return result.ok ? 'verified' : result.refusal.problem;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const withHeader = (header: object, signature = 'AAAA'): string => `${encode(header)}.${encode({ a: 1 })}.${signature}`;

test('a token verifies with its own key, and the claims come back', () => {
  const parsed = parseCompactJws(signJws(ec, 'JWT', { a: 1 }));
  const result = parsed.ok ? verifyJws(parsed.value, keys, ['ES256']) : parsed;

  expect(result.ok && result.value.payload.a).toBe(1);
});

verifies(['RED-07', 'ATK-03'], 'none and everything outside the allow-list is refused', () => {
  for (const alg of [
    'none',
    'None',
    'NONE',
    'HS256',
    'HS512',
    'RS512',
    'ES512',
    'ES256K',
    '',
    undefined,
    null,
    1,
    ['ES256'],
  ])
    expect(outcome(withHeader({ alg, kid: 'ec' })), String(alg)).toBe('algorithm');
  expect(outcome(signJws(rsa, 'JWT', {}), keys, ['ES256'])).toBe('algorithm');
  expect(outcome(signJws(rsa, 'JWT', {}), keys, ['ES256', 'RS256'])).toBe('verified');
});

verifies(['RED-07', 'ATK-04', 'LES-34'], 'a token keyed with public material is refused, whatever the material', () => {
  const input = `${encode({ alg: 'HS256', kid: 'ec' })}.${encode({ a: 1 })}`;
  const materials = [
    '',
    ec.publicJwk.x ?? '',
    rsa.publicJwk.n ?? '',
    JSON.stringify(ec.publicJwk),
    verificationKeyOf(ec).key.export({ format: 'pem', type: 'spki' }),
  ];
  for (const material of materials)
    expect(outcome(`${input}.${createHmac('sha256', material).update(input).digest('base64url')}`)).toBe('algorithm');
});

verifies(['KEY-06', 'ATK-04', 'LES-34'], 'the header cannot choose an algorithm that is not the key’s own', () => {
  const pinned = importJwks({ keys: [{ ...rsa.publicJwk, alg: 'PS256' }] }).keys;

  expect(outcome(signJws(rsa, 'JWT', {}), pinned)).toBe('key-unknown');
  expect(outcome(withHeader({ alg: 'RS256', kid: 'ec' }))).toBe('key-unknown');
  expect(outcome(withHeader({ alg: 'ES256', kid: 'rsa' }))).toBe('key-unknown');
});

verifies(
  ['RED-07', 'ATK-47'],
  'critical extensions, unencoded payloads, compression and encryption are refused',
  () => {
    for (const extension of [
      { crit: ['exp'] },
      { crit: [] },
      { crit: null },
      { b64: false },
      { b64: true },
      { zip: 'DEF' },
      { enc: 'A128GCM' },
    ])
      expect(outcome(signJws(ec, 'JWT', {}, extension)), JSON.stringify(extension)).toBe('critical');
  },
);

verifies(['RED-09', 'ATK-05'], 'a key in the header, or a link to one, is never used', () => {
  const extras = {
    jwk: other.publicJwk,
    jku: 'https://evil.example/jwks.json',
    x5u: 'https://evil.example/x5u',
    x5c: ['AAAA'],
  };

  expect(outcome(signJws(other, 'JWT', {}, extras))).toBe('signature');
  expect(outcome(signJws(ec, 'JWT', {}, extras))).toBe('verified');
});

verifies(['RED-09', 'ATK-06'], 'kid is compared for equality and for nothing else', () => {
  for (const kid of ['../../ec', "ec' or '1'='1", 'EC', 'ec\u0000', '', 'x'.repeat(256)])
    expect(outcome(withHeader({ alg: 'ES256', kid })), kid).toBe('key-unknown');
  for (const kid of ['x'.repeat(257), 1, null, {}]) expect(outcome(withHeader({ alg: 'ES256', kid }))).toBe('header');
  expect(outcome(signJws({ ...ec, kid: 'unknown' }, 'JWT', {}))).toBe('key-unknown');
});

verifies(['RED-09', 'ATK-03'], 'another key, another payload or another signature does not verify', () => {
  const [header, , signature] = signJws(ec, 'JWT', { a: 1 }).split('.');

  expect(outcome(signJws(other, 'JWT', { a: 1 }))).toBe('signature');
  expect(outcome(`${header}.${encode({ a: 2 })}.${signature}`)).toBe('signature');
  expect(outcome(withHeader({ alg: 'ES256', kid: 'ec' }))).toBe('signature');
});

verifies('LES-49', 'zero, order, short, long and DER signatures are refused', () => {
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
  const one = `${'00'.repeat(31)}01`;
  const raws = [
    '00'.repeat(64),
    order + one,
    one + order,
    '01'.repeat(63),
    '01'.repeat(65),
    '01'.repeat(96),
    '3006020101020101',
    `3044${'02200101'.repeat(1)}${'01'.repeat(66)}`,
  ];
  for (const raw of raws)
    expect(outcome(withHeader({ alg: 'ES256', kid: 'ec' }, Buffer.from(raw, 'hex').toString('base64url'))), raw).toBe(
      'signature',
    );
});

verifies('LES-49', 'a token without kid is tried against three keys at most', () => {
  const set = (count: number): VerificationKey[] =>
    Array.from({ length: count }, (_, index) => verificationKeyOf(generateSigningKey('ES256', `k${index}`)));
  const token = signJws({ ...ec, kid: undefined as unknown as string }, 'JWT', {});

  expect(outcome(token, [...set(2), verificationKeyOf(ec)])).toBe('verified');
  expect(outcome(token, [...set(3), verificationKeyOf(ec)])).toBe('key-unknown');
  expect(outcome(token, [])).toBe('key-unknown');
});
