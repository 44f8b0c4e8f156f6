/** Hears which scope changed. One that answers with a promise that fails is told again, until it has taken the news in. */
export type ChangeListener = (scope: string) => unknown;

export interface ChangeFeed {
  onChange(listener: ChangeListener): () => void;
  /** Says that a scope has reached an epoch. Listeners hear each epoch at most once from this process. */
  announce(scope: string, epoch: number): void;
  /** Compares with the database now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Tells listeners which scopes changed. News arrive from this process at once and from others by a version poll, which
 * also covers whatever a faster channel loses.
 */
export function createChangeFeed(options: {
  readEpochs: () => Promise<ReadonlyMap<string, number>>;
  pollMs: number;
  onProblem: (error: unknown) => void;
}): ChangeFeed {
  const { readEpochs, pollMs, onProblem } = options;
  const listeners = new Set<ChangeListener>();
  const known = new Map<string, number>();
  let isClosed = false;
  let checking: Promise<void> | undefined;
  let timer = setTimeout(poll, pollMs);
  timer.unref();

  function announce(scope: string, epoch: number): void {
    if ((known.get(scope) ?? 0) >= epoch) return;
    known.set(scope, epoch);
    for (const listener of listeners) {
      try {
        const taken = listener(scope);
        if (taken instanceof Promise) taken.catch((error: unknown) => tellAgain(scope, epoch, error));
      } catch (error) {
        onProblem(error);
      }
    }
  }

  /** The next poll finds the epoch unknown. A revocation must not be lost because the database was away for a moment. */
  function tellAgain(scope: string, epoch: number, error: unknown): void {
    if (isClosed) return;
    onProblem(error);
    if (known.get(scope) === epoch) known.set(scope, epoch - 1);
  }

  async function compare(): Promise<void> {
    for (const [scope, epoch] of await readEpochs()) announce(scope, epoch);
  }

  function check(): Promise<void> {
    checking ??= compare().finally(() => {
      checking = undefined;
    });
    return checking;
  }

  function poll(): void {
    check()
      .catch(onProblem)
      .finally(() => {
        if (isClosed) return;
        timer = setTimeout(poll, pollMs);
        timer.unref();
      });
  }

  return {
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    announce,
    check,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      listeners.clear();
      await checking?.catch(() => undefined);
    },
  };
}
