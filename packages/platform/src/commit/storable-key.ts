import { createHash } from 'node:crypto';

/** A key comes from outside. What an index cannot hold, too long or not plain text, is represented by its hash. */
export function storableKey(key: string): string {
  if (key.length <= 512 && key.isWellFormed() && !key.includes('\u0000')) return key;
  return `sha256:${createHash('sha256').update(JSON.stringify(key)).digest('base64url')}`;
}
