import { type KeyPlace, maintainKeys } from './rotate-keys.ts';

/**
 * Keeps the keys of a scope young: looks at once and then every ten minutes. Any number of replicas may run it, the change
 * is decided inside the scope's own transaction.
 */
export function startKeySchedule<S>(
  options: KeyPlace<S> & {
    readonly onRotated?: (kids: readonly string[]) => void;
    readonly onProblem?: (problem: unknown) => void;
    readonly everyMs?: number;
  },
): { close(): Promise<void> } {
  const { onRotated, onProblem, everyMs = 600_000 } = options;
  let isClosed = false;
  let running: Promise<void> = round();
  const timer = setInterval(() => {
    running = running.then(round);
  }, everyMs);
  timer.unref();

  async function round(): Promise<void> {
    try {
      if (isClosed) return;
      const rotated = await maintainKeys(options);
      if (rotated.length > 0) onRotated?.(rotated);
    } catch (error) {
      if (!isClosed) onProblem?.(error);
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
