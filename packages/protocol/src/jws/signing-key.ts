import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { JsonObject } from '../json.ts';
import { algorithmsOfType, isSignatureAlgorithm, type PublicJwk, type SignatureAlgorithm } from './algorithms.ts';
import { importJwks, type VerificationKey } from './jwks.ts';
import { thumbprint } from './thumbprint.ts';

/** A private key that signs with one algorithm, and its public half as it is published. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SignatureAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/** A private JWK that cannot sign here. The message never holds key material. */
export class UnusableSigningKey extends Error {
  readonly code = 'jws/unusable-signing-key';

  constructor(reason: string) {
    super(`The signing key cannot be used: ${reason}`);
    this.name = 'UnusableSigningKey';
  }
}

const rsaModulusBits = 2_048;

/** Makes a new key. Without a name of its own it is named by its thumbprint. RFC 7638 §3. */
export function generateSigningKey(alg: SignatureAlgorithm, kid?: string): SigningKey {
  return signingKey(alg, generatePrivateKey(alg), kid);
}

/** Reads a private JWK, which must name an `alg` that fits its type. */
export function importSigningKey(jwk: JsonObject): SigningKey {
  const { alg, kid } = jwk;
  if (!isSignatureAlgorithm(alg)) throw new UnusableSigningKey('it names no supported alg');
  if (algorithmsOfType(jwk)?.includes(alg) !== true) throw new UnusableSigningKey('its alg does not fit its type');
  if (kid !== undefined && typeof kid !== 'string') throw new UnusableSigningKey('its kid is no text');
  return signingKey(alg, readPrivateKey(jwk), kid);
}

/** The private JWK, for sealed storage alone. */
export function exportPrivateJwk(key: SigningKey): JsonObject {
  const material = key.privateKey.export({ format: 'jwk' }) as JsonObject;
  return { ...material, kid: key.kid, alg: key.alg, use: 'sig' };
}

/** The public half as a key that verifies. */
export function verificationKeyOf(key: SigningKey): VerificationKey {
  const [imported] = importJwks({ keys: [key.publicJwk] }).keys;
  if (imported === undefined) throw new UnusableSigningKey('its public half is not acceptable');
  return imported;
}

function signingKey(alg: SignatureAlgorithm, privateKey: KeyObject, kid: string | undefined): SigningKey {
  const material = createPublicKey(privateKey).export({ format: 'jwk' }) as JsonWebKey;
  const { kty, crv, x, y, n, e } = material;
  const bare = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as PublicJwk;
  const name = kid ?? thumbprint(bare);
  return { kid: name, alg, privateKey, publicJwk: { ...bare, kid: name, alg, use: 'sig' } };
}

function readPrivateKey(jwk: JsonObject): KeyObject {
  try {
    return createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch {
    throw new UnusableSigningKey('it is not a valid private key');
  }
}

function generatePrivateKey(alg: SignatureAlgorithm): KeyObject {
  switch (alg) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    case 'ES384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    case 'RS256':
    case 'PS256':
      return generateKeyPairSync('rsa', { modulusLength: rsaModulusBits }).privateKey;
    case 'EdDSA':
      return generateKeyPairSync('ed25519').privateKey;
  }
}
