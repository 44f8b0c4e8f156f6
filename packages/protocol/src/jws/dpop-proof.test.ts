import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import vectors from '../../../../spec/vectors.json' with { type: 'json' };
import { type DpopNonces, plainHeaders } from '../index.ts';
import {
  createDpopVerifier,
  type DpopProof,
  generateSigningKey,
  type SignatureAlgorithm,
  type SigningKey,
  signJws,
  thumbprint,
} from './index.ts';

const now = 1_795_478_400;
const url = 'https://acme.idp.example/token';
const key = generateSigningKey('ES256', 'k1');
const { kid: _kid, alg: _alg, use: _use, ...bareJwk } = key.publicJwk;

interface Parts {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly typ?: string;
  readonly signer?: SigningKey;
}

/** A good proof, but for what is overridden. `kid` is a header of our signer; most provers send none. */
function proof({ claims, header, typ = 'dpop+jwt', signer = key }: Parts = {}): string {
  const payload = { jti: 'p-1', htm: 'POST', htu: url, iat: now, ...claims };
  return signJws(signer, typ, payload, { jwk: signer.publicJwk, ...header });
}

function judge(
  texts: string | readonly string[],
  over: { accessToken?: string; nonces?: DpopNonces; nowSeconds?: number; algorithms?: SignatureAlgorithm[] } = {},
): { proof?: DpopProof; code?: string; nonce?: string } {
  const { algorithms, ...expected } = over;
  const headers = plainHeaders([texts].flat().map((text) => ['DPoP', text] as const));
  const result = createDpopVerifier({ algorithms })(headers, {
    method: 'POST',
    target: url,
    nowSeconds: now,
    ...expected,
  });
  if (result.ok) return { proof: result.value };
  return { code: result.refusal.code, nonce: result.refusal.wire?.dpop_nonce };
}

describe('a proof that holds', () => {
  verifies('DPO-01', 'it names its key and what to record of it', () => {
    const { proof: found } = judge(proof());
    expect(found).toMatchObject({ jkt: thumbprint(key.publicJwk), jti: 'p-1', keepUntil: (now + 61) * 1000 });
    expect(found?.useKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test.each(['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'] as const)(
    '%s is accepted, with the thumbprint of the key',
    (alg) => {
      const signer = generateSigningKey(alg);
      expect(judge(proof({ signer })).proof?.jkt).toBe(signer.kid);
    },
  );

  test('no header is no proof, and no refusal', () => {
    expect(judge([])).toEqual({ proof: undefined });
  });

  test('a key is named by its members alone, whatever else its JWK says', () => {
    const plain = judge(proof({ signer: { ...key, kid: undefined as unknown as string }, header: { jwk: bareJwk } }));
    expect(plain.proof?.jkt).toBe(judge(proof()).proof?.jkt);
  });

  test('a header that names a key without a name of its own', () => {
    expect(judge(proof({ header: { jwk: bareJwk } })).proof?.jkt).toBe(thumbprint(key.publicJwk));
  });

  test('two keys never share a use, and one key may not use a jti for another', () => {
    const other = generateSigningKey('ES256');
    expect(judge(proof()).proof?.useKey).not.toBe(judge(proof({ signer: other })).proof?.useKey);
    expect(judge(proof()).proof?.useKey).toBe(judge(proof({ claims: { iat: now - 1 } })).proof?.useKey);
  });

  test('the memory of key objects is bounded, and forgets without a wrong answer', () => {
    const verify = createDpopVerifier({ maximumKeys: 1 });
    const signers = [generateSigningKey('ES256'), generateSigningKey('EdDSA')];
    for (const signer of [...signers, ...signers]) {
      const result = verify(plainHeaders([['dpop', proof({ signer })]]), {
        method: 'POST',
        target: url,
        nowSeconds: now,
      });
      expect(result.ok && result.value?.jkt).toBe(signer.kid);
    }
  });
});

describe('a proof that does not hold', () => {
  const cases: readonly (readonly [sentence: string, code: string, parts: Parts])[] = [
    ['another typ', 'dpop/header', { typ: 'JWT' }],
    ['the typ of an ID-JAG', 'dpop/header', { typ: 'oauth-id-jag+jwt' }],
    ['an unknown critical extension', 'dpop/header', { header: { crit: ['x'], x: 1 } }],
    ['no key', 'dpop/key', { header: { jwk: undefined } }],
    ['a key that is a text', 'dpop/key', { header: { jwk: JSON.stringify(key.publicJwk) } }],
    ['a private key', 'dpop/key', { header: { jwk: key.privateKey.export({ format: 'jwk' }) } }],
    ['an RSA key with one private member', 'dpop/key', { header: { jwk: { ...bareJwk, dq: 'AQAB' } } }],
    ['a secret key', 'dpop/key', { header: { jwk: { kty: 'oct', k: 'AAAA' } } }],
    ['a point that is not on the curve', 'dpop/key', { header: { jwk: { ...bareJwk, y: bareJwk.x } } }],
    ['a key for encryption', 'dpop/key', { header: { jwk: { ...bareJwk, use: 'enc' } } }],
    [
      'the key of somebody else',
      'dpop/signature',
      { header: { jwk: { ...generateSigningKey('ES256').publicJwk, kid: 'k1' } } },
    ],
    ['a kid that is not the kid of the key', 'dpop/key', { header: { jwk: { ...key.publicJwk, kid: 'k2' } } }],
    ['another method', 'dpop/target', { claims: { htm: 'GET' } }],
    ['the method in lower case', 'dpop/target', { claims: { htm: 'post' } }],
    ['another host', 'dpop/target', { claims: { htu: 'https://auth.chat.example/token' } }],
    ['another path', 'dpop/target', { claims: { htu: 'https://acme.idp.example/tokens' } }],
    ['a trailing slash', 'dpop/target', { claims: { htu: `${url}/` } }],
    ['another port', 'dpop/target', { claims: { htu: 'https://acme.idp.example:8443/token' } }],
    ['http', 'dpop/target', { claims: { htu: 'http://acme.idp.example/token' } }],
    ['user info', 'dpop/target', { claims: { htu: 'https://x@acme.idp.example/token' } }],
    ['dot segments', 'dpop/target', { claims: { htu: 'https://acme.idp.example/x/../token' } }],
    ['a path alone', 'dpop/target', { claims: { htu: '/token' } }],
    ['two addresses', 'dpop/target', { claims: { htu: [url] } }],
    ['no method', 'dpop/target', { claims: { htm: undefined } }],
    ['no jti', 'dpop/claims', { claims: { jti: undefined } }],
    ['a number as jti', 'dpop/claims', { claims: { jti: 7 } }],
    ['an empty jti', 'dpop/claims', { claims: { jti: '' } }],
    ['a huge jti', 'dpop/claims', { claims: { jti: 'x'.repeat(257) } }],
    ['a jti with a NUL', 'dpop/claims', { claims: { jti: 'a\u0000b' } }],
    ['a text as iat', 'dpop/claims', { claims: { iat: String(now) } }],
    ['no iat', 'dpop/claims', { claims: { iat: undefined } }],
    ['a fraction as iat', 'dpop/claims', { claims: { iat: now + 0.5 } }],
    ['a nonce that is a number', 'dpop/claims', { claims: { nonce: 1 } }],
    ['an old iat', 'dpop/time', { claims: { iat: now - 60 } }],
    ['a future iat', 'dpop/time', { claims: { iat: now + 61 } }],
  ];

  for (const [sentence, code, parts] of cases) {
    verifies(['DPO-01', 'ATK-35', 'ATK-08'], `${sentence} → ${code}`, () => {
      expect(judge(proof(parts))).toEqual({ code });
    });
  }

  verifies(['DPO-01', 'ATK-35'], 'two headers are refused, also when both are the same proof', () => {
    expect(judge([proof(), proof()])).toEqual({ code: 'dpop/malformed' });
    expect(judge(`${proof()}, ${proof()}`)).toEqual({ code: 'dpop/malformed' });
  });

  verifies(['DPO-01', 'ATK-46'], 'what is empty, huge or no JWS is refused', () => {
    const huge = `${Buffer.from(`{"typ":"dpop+jwt","x":"${'x'.repeat(9_000)}"}`).toString('base64url')}.e30.AAAA`;
    for (const text of ['', 'x', 'a.b.c', `${proof()}=`, huge]) expect(judge(text)).toEqual({ code: 'dpop/malformed' });
  });

  verifies(['DPO-01', 'ATK-03', 'ATK-04'], 'HMAC, none and algorithms off the list are refused', () => {
    const [, payload, signature] = proof().split('.');
    for (const alg of ['HS256', 'none', 'ES512', 'es256']) {
      const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg, jwk: bareJwk })).toString('base64url');
      expect(judge(`${header}.${payload}.${signature}`)).toEqual({ code: 'dpop/header' });
    }
    expect(judge(proof(), { algorithms: ['EdDSA'] })).toEqual({ code: 'dpop/header' });
  });

  verifies(['RSV-03', 'ATK-35'], 'a proof for another access token, or for none, is refused beside a token', () => {
    const ath = 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo';
    const accessToken = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
    expect(judge(proof({ claims: { ath } }), { accessToken }).proof?.jti).toBe('p-1');
    expect(judge(proof({ claims: { ath } }), { accessToken: `${accessToken}x` })).toEqual({ code: 'dpop/token' });
    expect(judge(proof(), { accessToken })).toEqual({ code: 'dpop/token' });
  });
});

verifies('DPO-01', 'a nonce that is demanded is given with the refusal, and then accepted', () => {
  const nonces: DpopNonces = { current: () => 'n-2', accepts: (nonce) => nonce === 'n-2' || nonce === 'n-1' };
  expect(judge(proof(), { nonces })).toEqual({ code: 'dpop/nonce', nonce: 'n-2' });
  expect(judge(proof({ claims: { nonce: 'n-0' } }), { nonces })).toEqual({ code: 'dpop/nonce', nonce: 'n-2' });
  expect(judge(proof({ claims: { nonce: 'n-1' } }), { nonces }).proof?.jti).toBe('p-1');
  expect(judge(proof({ claims: { nonce: 'n-0' } })).proof?.jti, 'nobody asked for one').toBe('p-1');
});

verifies(
  ['DPO-01', 'ATK-35'],
  'the proofs of the vectors hold at the endpoint they were made for and at no other',
  () => {
    const verify = createDpopVerifier();
    const at = (name: keyof typeof vectors.dpop_proofs, target: string, accessToken?: string): string => {
      const headers = plainHeaders([['dpop', vectors.dpop_proofs[name]]]);
      const result = verify(headers, { method: 'POST', target, nowSeconds: now, accessToken });
      return result.ok ? String(result.value?.jkt) : result.refusal.code;
    };
    expect(at('proof.idp.ok', url)).toBe(vectors.dpop_jkt);
    expect(at('proof.ras.ok', 'https://auth.chat.example/token')).toBe(vectors.dpop_jkt);
    expect(at('proof.ras.ok', url)).toBe('dpop/target');
    expect(at('proof.ras.wrong-htu', 'https://auth.chat.example/token')).toBe('dpop/target');
    expect(at('proof.ras.other-key', 'https://auth.chat.example/token')).not.toBe(vectors.dpop_jkt);
    expect(at('proof.rs.ok', 'https://mcp.chat.example/mcp', vectors.access_token_dpop_bound)).toBe(vectors.dpop_jkt);
  },
);
