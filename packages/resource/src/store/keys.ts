import { hash } from 'node:crypto';
import type { AccountLinkKey } from './resource-store.ts';

/**
 * The key of a replay record: of fixed length whatever an issuer puts into `jti`, and distinct for distinct pairs, since
 * each part is preceded by its length. The version lets a later form be read beside this one.
 */
export function replayKey(issuer: string, jti: string): string {
  const text = `${issuer.length}:${issuer}${jti.length}:${jti}`;
  return `v1.${hash('sha256', text, 'base64url')}`;
}

/** One text for the columns of a link, for stores without columns. */
export function linkText(key: AccountLinkKey): string {
  return JSON.stringify([key.customerId, key.issuer, key.tenant, key.subject]);
}
