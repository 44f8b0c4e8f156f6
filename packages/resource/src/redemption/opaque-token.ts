import { hash, randomBytes } from 'node:crypto';

/** Tells an opaque token from a signed one at first sight, and lets scanners for leaked secrets find it. */
const prefix = 'cgat_';
const opaqueText = /^cgat_[A-Za-z0-9_-]{43}$/;

/** A new access token that means nothing to anybody but this server: 256 random bits. RFC 6750 §5.2. */
export function newOpaqueToken(): string {
  return prefix + randomBytes(32).toString('base64url');
}

export function isOpaqueToken(text: string): boolean {
  return opaqueText.test(text);
}

/** What is stored of an opaque token. Whoever reads the database has no token. */
export function opaqueTokenHash(text: string): string {
  return hash('sha256', text, 'base64url');
}
