import { StoreUnavailable } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';

/** Remembers which proofs of possession were used. Stores of `./sqlite` and `./postgres` are such memories for many processes. */
export interface ProofUses {
  /** True for exactly one caller per key. The record is kept until `keepUntil`, in milliseconds, at least. */
  useProof(key: string, keepUntil: number): boolean | Promise<boolean>;
}

/** Two minutes of several thousand requests a second. */
const proofsByDefault = 500_000;

/**
 * The memory of one process. It forgets what can no longer be replayed; where it has no room left it throws, because a
 * memory that drops a live record would let its proof pass twice.
 */
export function createProofMemory(clock: Clock, maximumProofs: number = proofsByDefault): ProofUses {
  const used = new Map<string, number>();

  return {
    useProof(key, keepUntil) {
      forgetExpired(used, clock());
      if (used.has(key)) return false; // RSV-03, ATK-35
      if (used.size >= maximumProofs) throw new StoreUnavailable('too many proofs of possession are remembered'); // LES-86
      used.set(key, keepUntil);
      return true;
    },
  };
}

/** Records stand in the order they came, nearly that of their end: the first that lives ends the search. */
function forgetExpired(used: Map<string, number>, now: number): void {
  for (const [key, keepUntil] of used) {
    if (keepUntil > now) return;
    used.delete(key);
  }
}
