import type { AssertionSigner } from './client-auth.ts';
import { CrossgrantMisuse } from './errors.ts';

type Algorithm = AssertionSigner['algorithm'];

interface WebCryptoAlgorithm {
  readonly import: RsaHashedImportParams | EcKeyImportParams | { readonly name: 'Ed25519' };
  readonly sign: AlgorithmIdentifier | RsaPssParams | EcdsaParams;
}

const algorithms: Readonly<Record<Algorithm, WebCryptoAlgorithm>> = {
  ES256: { import: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  ES384: { import: { name: 'ECDSA', namedCurve: 'P-384' }, sign: { name: 'ECDSA', hash: 'SHA-384' } },
  RS256: { import: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, sign: 'RSASSA-PKCS1-v1_5' },
  PS256: { import: { name: 'RSA-PSS', hash: 'SHA-256' }, sign: { name: 'RSA-PSS', saltLength: 32 } },
  EdDSA: { import: { name: 'Ed25519' }, sign: 'Ed25519' },
};

/**
 * Signs client assertions with a private key in memory. The algorithm is that of the key; a JWK of type RSA names it in
 * `alg`. Take an `AssertionSigner` of your own where the key lives in a key management service.
 */
export async function keySigner(
  key: CryptoKey | JsonWebKey,
  options: { readonly keyId?: string } = {},
): Promise<AssertionSigner> {
  const isKey = key instanceof CryptoKey;
  const algorithm = isKey ? algorithmOfKey(key) : algorithmOfJwk(key);
  const privateKey = isKey ? key : await importJwk(key, algorithm);
  if (privateKey.type !== 'private' || !privateKey.usages.includes('sign')) throw notAKey();
  return {
    algorithm,
    keyId: options.keyId ?? (isKey ? undefined : (key as { readonly kid?: string }).kid),
    sign: async (input) =>
      new Uint8Array(await crypto.subtle.sign(algorithms[algorithm].sign, privateKey, new Uint8Array(input))),
  };
}

function importJwk(jwk: JsonWebKey, algorithm: Algorithm): Promise<CryptoKey> {
  const { kty, crv, x, y, n, e, d, p, q, dp, dq, qi } = jwk;
  const bare = { kty, crv, x, y, n, e, d, p, q, dp, dq, qi };
  return crypto.subtle.importKey('jwk', bare, algorithms[algorithm].import, false, ['sign']).catch(() => {
    throw notAKey();
  });
}

function algorithmOfJwk({ kty, crv, alg, d }: JsonWebKey): Algorithm {
  if (d === undefined) throw notAKey();
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  if (kty === 'EC' && crv === 'P-384') return 'ES384';
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA';
  if (kty === 'RSA' && (alg === 'RS256' || alg === 'PS256')) return alg;
  throw notAKey();
}

function algorithmOfKey({ algorithm }: CryptoKey): Algorithm {
  const { name, hash, namedCurve } = algorithm as KeyAlgorithm & { hash?: KeyAlgorithm; namedCurve?: string };
  const found = Object.entries(algorithms).find(([, { import: known }]) => {
    const { namedCurve: curve, hash: digest } = known as { namedCurve?: string; hash?: string };
    return known.name === name && curve === namedCurve && digest === hash?.name;
  });
  if (found === undefined) throw notAKey();
  return found[0] as Algorithm;
}

function notAKey(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/signing-key',
    'A key to sign with is private: EC on P-256 or P-384, Ed25519, or RSA with alg RS256 or PS256.',
  );
}
