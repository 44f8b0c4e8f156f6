import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { SigningKeyRow } from '../database/core-schema.ts';

const hour = 3_600_000;

/** The times of a rotation. Nobody can shorten them: others rely on them. */
export const keyTimes = {
  /** How long a key is published before it signs; others may keep the key set as long. */
  announceMs: hour,
  /** How long a key is published after it stopped signing; nothing it signed lives longer. */
  keepMs: 24 * hour,
  /** The age at which a key that signs gets a successor by itself. */
  rotateAfterMs: 90 * 24 * hour,
  /** The age that tells that the schedule does not run. */
  overAgeMs: 97 * 24 * hour,
} as const;

/**
 * Where a key stands at an instant: `published` before it signs, `active` while it does, `retiring` while what it signed may
 * still live, then `gone`; `revoked` from any of them.
 */
export type KeyPhase = 'published' | 'active' | 'retiring' | 'gone' | 'revoked';

/** What may be told of a key; nothing in it is secret. */
export interface KeyFacts {
  readonly kid: string;
  readonly purpose: string;
  readonly alg: SignatureAlgorithm;
  readonly phase: KeyPhase;
  readonly createdAt: number;
  readonly signsFrom: number;
  /** When it leaves the published set; absent while no successor is planned. */
  readonly goneAt?: number;
}

export function keyFacts(row: SigningKeyRow, rows: readonly SigningKeyRow[], now: number): KeyFacts {
  return {
    kid: row.kid,
    purpose: row.purpose,
    alg: row.alg as SignatureAlgorithm,
    phase: phaseOf(row, rows, now),
    createdAt: row.created_at,
    signsFrom: row.not_before,
    goneAt: row.retire_at ?? undefined,
  };
}

export function phaseOf(row: SigningKeyRow, rows: readonly SigningKeyRow[], now: number): KeyPhase {
  if (row.state === 'revoked') return 'revoked';
  if (row.state === 'gone' || (row.retire_at !== null && row.retire_at <= now)) return 'gone'; // KEY-02
  if (row.state === 'retired') return 'retiring';
  if (row.not_before > now) return 'published';
  return rows.some((other) => isSibling(other, row) && takesOverFrom(other, row, now)) ? 'retiring' : 'active';
}

/** Whether two keys serve the same purpose with the same algorithm. */
export function isSibling(a: SigningKeyRow, b: Pick<SigningKeyRow, 'purpose' | 'alg'>): boolean {
  return a.purpose === b.purpose && a.alg === b.alg;
}

/** Of all keys whose time has come the latest signs, so a prepared key takes over by itself. */
function takesOverFrom(other: SigningKeyRow, row: SigningKeyRow, now: number): boolean {
  const maySign = (other.state === 'active' || other.state === 'next') && other.not_before <= now;
  if (!maySign || other.kid === row.kid) return false;
  return other.not_before > row.not_before || (other.not_before === row.not_before && other.kid > row.kid);
}
