import type { Clock } from '@crossgrant/protocol';

/** Replicas' clocks differ; what one still accepts must not be forgotten because another is ahead. */
export const sweepMarginMs = 5 * 60_000;

/** Removes single-use records long past their time, a few at a time, and keeps tables prepared for the months to come. */
export function startMaintenance(options: {
  clock: Clock;
  sweep: (before: number) => Promise<number>;
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
      for (let count = 0; count < 20 && !isClosed; count += 1) {
        if ((await sweep(clock() - sweepMarginMs)) < 500) return;
      }
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
