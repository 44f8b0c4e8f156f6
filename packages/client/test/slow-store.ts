import { createMemorySessions, type SessionStore } from '../src/index.ts';

/** Work that a test lets go on when it likes. */
export interface Held {
  /** Settles when the work arrived here. */
  readonly reached: Promise<void>;
  readonly pass: () => Promise<void>;
  release(): void;
}

export function hold(): Held {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const pass = (): Promise<void> => {
    reached.resolve();
    return released.promise;
  };
  return { reached: reached.promise, pass, release: () => released.resolve() };
}

export interface SlowStore extends SessionStore {
  /** Holds the next load after it read, or the next save or removal before it writes. */
  holdNext(operation: 'load' | 'save' | 'remove'): Held;
}

export function createSlowStore(): SlowStore {
  const store = createMemorySessions();
  const holds = new Map<string, Held>();
  const pass = async (operation: string): Promise<void> => {
    const held = holds.get(operation);
    holds.delete(operation);
    await held?.pass();
  };
  return {
    async load(id) {
      const found = await store.load(id);
      await pass('load');
      return found;
    },
    async save(session) {
      await pass('save');
      await store.save(session);
    },
    async remove(id) {
      await pass('remove');
      await store.remove(id);
    },
    find: (match) => store.find(match),
    holdNext(operation) {
      const held = hold();
      holds.set(operation, held);
      return held;
    },
  };
}
