import { createHash } from 'node:crypto';

/**
 * The two numbers of a scope's advisory lock on PostgreSQL. Commits take it shared, changes exclusively: its queue is
 * fair, so a stream of overlapping commits cannot keep a revocation waiting, as row locks alone would allow.
 */
export function scopeLock(scope: string): string {
  return `4701, ${createHash('sha256').update(scope).digest().readInt32BE(0)}`;
}
