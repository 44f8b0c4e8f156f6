import { type Clock, type JsonObject, newId } from '@crossgrant/protocol';
import type { CommitQueue } from '../commit/commit-queue.ts';
import type { AuditKind } from './audit-entry.ts';

/** A refusal of somebody who did not prove who they are. */
export interface AnonymousRefusal {
  readonly scope: string;
  readonly kind: AuditKind;
  readonly code: string;
  readonly address: string;
}

export interface RefusalCounter {
  count(refusal: AnonymousRefusal): void;
  /** Writes what was counted so far. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Counts unauthenticated refusals per source and minute and writes one audit row for each count, so that a flood of junk
 * costs memory and disk for a bounded number of rows only. Sources beyond the bound share one row.
 */
export function createRefusalCounter(options: {
  commits: CommitQueue;
  clock: Clock;
  everyMs?: number;
  mostSources?: number;
  onProblem?: (error: unknown) => void;
}): RefusalCounter {
  const { commits, clock, everyMs = 60_000, mostSources = 200, onProblem = () => undefined } = options;
  let counts = new Map<string, { refusal: AnonymousRefusal; times: number; first: number }>();
  const timer = setInterval(() => void flush().catch(onProblem), everyMs);
  timer.unref();

  function count(refusal: AnonymousRefusal): void {
    const name = JSON.stringify([refusal.scope, refusal.kind, refusal.code, refusal.address]);
    const known = counts.get(name);
    if (known !== undefined) {
      known.times += 1;
      return;
    }
    const isFull = counts.size >= mostSources && refusal.address !== manySources;
    if (isFull) return count({ ...refusal, address: manySources, code: manySources }); // LES-84
    counts.set(name, { refusal, times: 1, first: clock() });
  }

  async function flush(): Promise<void> {
    const counted = [...counts.values()];
    counts = new Map();
    const until = clock();
    await Promise.all(
      counted.map(({ refusal, times, first }) => {
        const facts: JsonObject = { times, from: first, until };
        const { scope, kind, code, address } = refusal;
        return commits.audit({ id: newId('aud'), scope, at: until, kind, outcome: 'refused', code, facts, personal: { person: '', address } });
      }),
    );
  }

  return {
    count,
    flush,
    async close() {
      clearInterval(timer);
      await flush();
    },
  };
}

const manySources = 'many';
