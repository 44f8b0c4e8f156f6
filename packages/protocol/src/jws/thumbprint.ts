import { hash } from 'node:crypto';
import type { PublicJwk } from './algorithms.ts';

/** The RFC 7638 thumbprint of a public key, SHA-256 in base64url. */
export function thumbprint(jwk: PublicJwk): string {
  const { kty, crv, x, y, n, e } = jwk;
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'OKP' ? { crv, kty, x } : { crv, kty, x, y };
  return hash('sha256', JSON.stringify(members), 'base64url');
}
