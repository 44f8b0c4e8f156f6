import type { Clock } from '@crossgrant/protocol';
import { type Kysely, sql } from 'kysely';
import type { CoreSchema } from './core-schema.ts';

/** Replicas' clocks differ; what one still accepts must not be forgotten because another is ahead. */
export const sweepMarginMs = 5 * 60_000;

/** Removes some single-use records kept until before an instant. Returns how many went. */
export type Sweep = (before: number, limit: number) => Promise<number>;

const batchSize = 500;
const mostBatches = 20;

/** Removes single-use records that are long past their time, in small batches, never one that is not. */
export async function sweepExpired(sweep: Sweep, now: number, isStopped: () => boolean = () => false): Promise<void> {
  for (let count = 0; count < mostBatches && !isStopped(); count += 1) {
    if ((await sweep(now - sweepMarginMs, batchSize)) < batchSize) return;
  }
}

/** Sweeps and prepares for the months ahead, at once and then every minute. */
export function startMaintenance(options: {
  clock: Clock;
  sweep: Sweep;
  prepare: (now: number) => Promise<void>;
  onProblem: (problem: string, cause?: unknown) => void;
  everyMs?: number;
}): { close(): Promise<void> } {
  const { clock, sweep, prepare, onProblem, everyMs = 60_000 } = options;
  let isClosed = false;
  let running: Promise<void> = round();
  const timer = setInterval(() => {
    running = running.then(round);
  }, everyMs);
  timer.unref();

  async function round(): Promise<void> {
    try {
      if (isClosed) return;
      await prepare(clock());
      await sweepExpired(sweep, clock(), () => isClosed);
    } catch (error) {
      if (!isClosed) onProblem('maintenance failed', error);
    }
  }

  return {
    async close() {
      isClosed = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** The sweep of PostgreSQL. Rows that another replica is sweeping are left to it. */
export function postgresSweep(kysely: Kysely<CoreSchema>): Sweep {
  return async (before, limit) => {
    const result = await sql`delete from single_use where ctid in (
      select ctid from single_use where keep_until < ${before} limit ${limit} for update skip locked)`.execute(kysely);
    return Number(result.numAffectedRows ?? 0);
  };
}
