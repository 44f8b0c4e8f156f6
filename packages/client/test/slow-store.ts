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
  /** Refuses to store tokens from now on, or no more. */
  breakDown(isBroken: boolean): void;
}

export function createSlowStore(): SlowStore {
  const store = createMemorySessions();
  const holds = new Map<string, Held>();
  let isBroken = false;
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
      if (isBroken) throw new Error('disk full');
      await store.save(session);
    },
    async replace(before, next) {
      const isMark = next.refreshing !== undefined; // a refresh that begins
      if (!isMark) await pass('save');
      if (isBroken && !isMark) throw new Error('disk full');
      return store.replace(before, next);
    },
    async remove(id) {
      await pass('remove');
      await store.remove(id);
    },
    find: (match) => store.find(match),
    breakDown(broken) {
      isBroken = broken;
    },
    holdNext(operation) {
      const held = hold();
      holds.set(operation, held);
      return held;
    },
  };
}
