import type { AuditEntry } from '@crossgrant/platform';
import { type Clock, newId } from '@crossgrant/protocol';

/** Counts what strangers were refused, per source and minute. */
export interface RefusalCounter {
  count(source: string, code: string): void;
  /** Writes what has been counted so far. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** More sources than this in one minute are counted together. */
const sourcesAtMost = 1_000;
const minuteMs = 60_000;

/** One audit row per source and minute, however many requests it sends. */
export function createRefusalCounter(options: {
  readonly scope: string;
  readonly clock: Clock;
  readonly append: (entry: AuditEntry) => Promise<void>;
  readonly onProblem?: (error: unknown) => void;
}): RefusalCounter {
  let counted = new Map<string, Map<string, number>>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const full = counted;
    counted = new Map();
    for (const [source, codes] of full) {
      await options
        .append(entryFor(source, codes, options.scope, options.clock()))
        .catch((error: unknown) => options.onProblem?.(error));
    }
  }

  return {
    count(source, code) {
      const name = counted.has(source) || counted.size < sourcesAtMost ? source : 'many';
      const codes = counted.get(name) ?? new Map<string, number>();
      codes.set(code, (codes.get(code) ?? 0) + 1);
      counted.set(name, codes);
      timer ??= setTimeout(() => void flush(), minuteMs).unref();
    },
    flush,
    close: flush,
  };
}

function entryFor(source: string, codes: ReadonlyMap<string, number>, scope: string, now: number): AuditEntry {
  return {
    id: newId('aud', now),
    scope,
    at: now,
    kind: 'client_authentication',
    outcome: 'refused',
    facts: { counts: Object.fromEntries(codes) },
    personal: { person: 'unknown', address: source === '' ? undefined : source },
  };
}
