import { constants, sign as createSignature, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from './algorithms.ts';
import { derToRaw, ecdsaCurves } from './ecdsa.ts';
import type { SigningKey } from './signing-key.ts';

/**
 * Signs a payload as a compact JWS with the key's own algorithm and `kid`. No key material goes into the header.
 *
 * RFC 7515 §3.1, §5.1.
 */
export function signJws(key: SigningKey, typ: string | undefined, payload: object, header: object = {}): string {
  const protectedHeader = { ...header, alg: key.alg, typ, kid: key.kid }; // IDJ-01, IDJ-21
  const signingInput = `${encodeJson(protectedHeader)}.${encodeJson(payload)}`;
  const signature = signatureOf(key.privateKey, key.alg, Buffer.from(signingInput, 'latin1'));
  return `${signingInput}.${signature.toString('base64url')}`;
}

function encodeJson(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

function signatureOf(key: KeyObject, alg: SignatureAlgorithm, data: Buffer): Buffer {
  switch (alg) {
    case 'ES256':
      return derToRaw(createSignature('sha256', data, key), ecdsaCurves.ES256);
    case 'ES384':
      return derToRaw(createSignature('sha384', data, key), ecdsaCurves.ES384);
    case 'RS256':
      return createSignature('sha256', data, key);
    case 'PS256':
      return createSignature('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
    case 'EdDSA':
      return createSignature(null, data, key);
  }
}
