import type { JsonObject } from '../json.ts';

/** Signature algorithms. All are asymmetric; there is nothing here that a shared secret could satisfy. */
export type SignatureAlgorithm = 'ES256' | 'ES384' | 'RS256' | 'PS256' | 'EdDSA';

/** Accepted from a trusted issuer unless its entry says otherwise. EMA §7.4.1. */
export const defaultAlgorithms: readonly SignatureAlgorithm[] = ['ES256', 'PS256', 'RS256', 'EdDSA', 'ES384'];

export function isSignatureAlgorithm(value: unknown): value is SignatureAlgorithm {
  return typeof value === 'string' && (defaultAlgorithms as readonly string[]).includes(value);
}

/**
 * The algorithm that a header or a key names. `Ed25519` is the later name of what `EdDSA` means with the one curve of ours.
 *
 * RFC 9864 §2.2.
 */
export function namedAlgorithm(name: unknown): SignatureAlgorithm | undefined {
  if (name === 'Ed25519') return 'EdDSA';
  return isSignatureAlgorithm(name) ? name : undefined;
}

/** A public key as it is published. */
export interface PublicJwk {
  readonly kty: 'EC' | 'RSA' | 'OKP';
  readonly kid?: string;
  readonly alg?: string;
  readonly use?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

/** The algorithms that a key can serve, by its type alone; undefined for types and curves that are not supported. */
export function algorithmsOfType(jwk: JsonObject): readonly SignatureAlgorithm[] | undefined {
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return ['ES256'];
  if (jwk.kty === 'EC' && jwk.crv === 'P-384') return ['ES384'];
  if (jwk.kty === 'RSA') return ['RS256', 'PS256'];
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return ['EdDSA'];
  return undefined;
}
