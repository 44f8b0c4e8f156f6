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
    let counted = refusal;
    const isNew = !counts.has(nameOf(refusal));
    if (isNew && counts.size >= mostSources) counted = { ...refusal, address: manySources, code: manySources }; // LES-84
    const entry = counts.get(nameOf(counted)) ?? { refusal: counted, times: 0, first: clock() };
    entry.times += 1;
    counts.set(nameOf(counted), entry);
  }

  async function flush(): Promise<void> {
    const counted = [...counts.values()];
    counts = new Map();
    const until = clock();
    await Promise.all(
      counted.map(({ refusal, times, first }) => {
        const facts: JsonObject = { times, from: first, until };
        const { scope, kind, code, address } = refusal;
        return commits.audit({
          id: newId('aud'),
          scope,
          at: until,
          kind,
          outcome: 'refused',
          code,
          facts,
          personal: { person: '', address },
        });
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

function nameOf(refusal: AnonymousRefusal): string {
  return JSON.stringify([refusal.scope, refusal.kind, refusal.code, refusal.address]);
}
