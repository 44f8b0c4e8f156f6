import { hash } from 'node:crypto';

/** A bounded memory of verdicts. What it holds is never a decision, only the part of one that cannot change. */
export interface VerdictCache<V> {
  find(key: string): V | undefined;
  keep(key: string, verdict: V): void;
  readonly size: number;
}

/**
 * The key of a verdict: a digest over the whole token, and the resource it was judged for. The digest has one length, so
 * that two different pairs never make one text.
 */
export function verdictKey(token: string, resource: string): string {
  return hash('sha256', token, 'base64url') + resource; // LES-36, LES-39
}

/** Keeps the most recent verdicts; the oldest one goes when there is no room. */
export function createVerdictCache<V>(maximumEntries: number): VerdictCache<V> {
  const verdicts = new Map<string, V>();

  return {
    get size() {
      return verdicts.size;
    },
    find: (key) => verdicts.get(key),
    keep(key, verdict) {
      verdicts.delete(key);
      verdicts.set(key, verdict);
      if (verdicts.size > maximumEntries) verdicts.delete(verdicts.keys().next().value as string); // LES-36
    },
  };
}
