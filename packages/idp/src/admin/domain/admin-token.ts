import { createHash, randomBytes } from 'node:crypto';

const prefix = 'cg_admin_';
const form = /^cg_admin_[A-Za-z0-9_-]{43}$/;

/** The longest an admin token lives. */
export const longestTokenDays = 366;

/** A new admin token: a prefix that secret scanners know, and 256 random bits. */
export function newAdminToken(): string {
  return prefix + randomBytes(32).toString('base64url');
}

export function isAdminToken(text: string): boolean {
  return form.test(text);
}

/**
 * What is stored, and looked up, in place of a token. The token is random in full, so a fast hash is enough; and the
 * look-up by hash takes a time that tells nothing about how much of a guess was right.
 */
export function adminTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

const dayMs = 86_400_000;

/** `90d`, `12h` or `1y` as milliseconds; undefined for anything else and for more than a year. */
export function readLifetime(text: string): number | undefined {
  const match = /^([1-9]\d{0,4})([hdy])$/.exec(text);
  if (match === null) return undefined;
  const unit = { h: dayMs / 24, d: dayMs, y: 365 * dayMs }[match[2] as 'h' | 'd' | 'y'];
  const lifetime = Number(match[1]) * unit;
  return lifetime <= longestTokenDays * dayMs ? lifetime : undefined;
}
