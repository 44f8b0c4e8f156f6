import { verifies } from '@crossgrant/testkit';
import { CompactSign, compactVerify, importJWK } from 'jose';
import { expect, test } from 'vitest';
import vectors from '../../../../spec/vectors.json' with { type: 'json' };
import { defaultAlgorithms, type SignatureAlgorithm } from './algorithms.ts';
import { importJwks } from './jwks.ts';
import { parseCompactJws } from './parse.ts';
import { signJws } from './sign.ts';
import { exportPrivateJwk, generateSigningKey, verificationKeyOf } from './signing-key.ts';
import { verifyJws } from './verify.ts';

const algorithms: readonly SignatureAlgorithm[] = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];

for (const alg of algorithms) {
  const key = generateSigningKey(alg, 'k1');
  const trusted = [verificationKeyOf(key)];
  const rounds = alg.startsWith('ES') ? 300 : 20;

  verifies('LES-49', `${alg}: jose verifies what is signed here, and the reverse`, async () => {
    const publicKey = await importJWK({ ...key.publicJwk }, alg);
    const privateKey = await importJWK(exportPrivateJwk(key) as never, alg);

    for (let round = 0; round < rounds; round++) {
      const payload = { round, text: 'ü\u{1F600}' };
      const ours = await compactVerify(signJws(key, 'JWT', payload), publicKey);
      expect(JSON.parse(new TextDecoder().decode(ours.payload))).toEqual(payload);

      const theirs = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
        .setProtectedHeader({ alg, kid: 'k1' })
        .sign(privateKey);
      const parsed = parseCompactJws(theirs);
      expect(parsed.ok && verifyJws(parsed.value, trusted, [alg]).ok).toBe(true);
    }
  });

  verifies('LES-49', `${alg}: a signature with one bit flipped is refused here and by jose`, async () => {
    const publicKey = await importJWK({ ...key.publicJwk }, alg);
    const token = signJws(key, 'JWT', { a: 1 });
    const dot = token.lastIndexOf('.');
    const signature = Buffer.from(token.slice(dot + 1), 'base64url');

    for (let bit = 0; bit < signature.length * 8; bit += 7) {
      const flipped = Buffer.from(signature);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const altered = `${token.slice(0, dot + 1)}${flipped.toString('base64url')}`;
      const parsed = parseCompactJws(altered);
      expect(parsed.ok && verifyJws(parsed.value, trusted, [alg]).ok).toBe(false);
      await expect(compactVerify(altered, publicKey)).rejects.toThrow();
    }
  });
}

verifies('KEY-06', 'Ed25519, as RFC 9864 names it, is EdDSA with that curve, in a header and in a key', async () => {
  const key = generateSigningKey('EdDSA');
  const signer = await importJWK(exportPrivateJwk(key) as never, 'Ed25519');
  const token = await new CompactSign(Buffer.from('{"a":1}')).setProtectedHeader({ alg: 'Ed25519' }).sign(signer);
  const renamed = importJwks({ keys: [{ ...key.publicJwk, alg: 'Ed25519' }] }).keys;

  for (const keys of [[verificationKeyOf(key)], renamed]) {
    const parsed = parseCompactJws(token);
    expect(parsed.ok && verifyJws(parsed.value, keys, ['EdDSA']).ok).toBe(true);
    expect(parsed.ok && verifyJws(parsed.value, keys, ['ES256', 'PS256']).ok).toBe(false);
  }
});

test('every signed vector verifies exactly when it should', () => {
  const idp = importJwks(vectors.jwks.idp).keys;
  const second = importJwks(vectors.jwks.idp2).keys;
  const unverifiable = [
    'bad.alg-none',
    'bad.alg-hs256-with-pem',
    'bad.jwk-header',
    'bad.jku-header',
    'bad.crit-unknown',
    'bad.signature-other-key',
    'bad.kid-unknown',
    'bad.issuer-untrusted',
  ];

  for (const { name, assertion } of vectors.redemption) {
    const parsed = parseCompactJws(assertion);
    const result = parsed.ok
      ? verifyJws(parsed.value, name === 'bad.crossissuer-sub' ? second : idp, defaultAlgorithms)
      : parsed;
    expect(result.ok, name).toBe(!unverifiable.includes(name));
  }
});
