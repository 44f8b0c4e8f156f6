import { StoreUnavailable } from '@crossgrant/platform';
import type { ResourceDirectory } from '@crossgrant/resource';

export interface DirectoryHolder {
  current(): ResourceDirectory;
  /**
   * Resolves when a directory is held that was read after this call. Where it cannot be read the last good one stays, and
   * whoever needed a later one is told to come back: nothing is decided by what is known to be stale.
   */
  refresh(): Promise<void>;
}

/** Holds the latest directory. Readers that ask at once share one reading; it never goes back to an older epoch. */
export async function holdDirectory(load: () => Promise<ResourceDirectory>): Promise<DirectoryHolder> {
  let held = await load();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function read(): Promise<void> {
    const loaded = await load().catch((cause: unknown) => {
      throw new StoreUnavailable('the directory could not be read', { cause }); // LES-73
    });
    if (loaded.epoch >= held.epoch) held = loaded;
  }

  function start(): Promise<void> {
    running = read().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    current: () => held,
    refresh() {
      if (running === undefined) return start();
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start();
        });
      return next;
    },
  };
}
