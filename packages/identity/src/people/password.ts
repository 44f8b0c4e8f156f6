import { hash, verify } from '@node-rs/argon2';

/** A longer password is refused, never cut: a cut one would let two passwords open one account. */
export const maximumPasswordBytes = 1_024;

export type PasswordProblem = 'empty' | 'too-long';

/** What is wrong with a new password, or nothing. */
export function passwordProblem(password: string): PasswordProblem | undefined {
  if (password.length === 0) return 'empty';
  return isTooLong(password) ? 'too-long' : undefined;
}

/** Hashes a person's password with argon2id (19 MiB, two passes). Check it with `passwordProblem` first. */
export function hashPassword(password: string): Promise<string> {
  if (passwordProblem(password) !== undefined) throw new RangeError('The password is empty or too long.');
  return hash(canonical(password), parameters);
}

export interface PasswordVerifier {
  /** Whether so many wait already that another would wait for seconds. Ask before taking a try. */
  isBusy(): boolean;
  /** Costs the same whether or not there is a hash to compare with. */
  matches(stored: string | undefined, password: string): Promise<boolean>;
}

/**
 * A verifier that spends one argon2id computation on every call, so that a name nobody has and a person without a
 * password answer as slowly as a wrong password. At most `concurrency` computations run at once; others wait their turn,
 * because each takes 19 MiB.
 */
export function createPasswordVerifier(concurrency = 4): PasswordVerifier {
  const nobody = hash(crypto.randomUUID(), parameters);
  const turns = createTurns(concurrency);
  nobody.catch(() => {});

  return {
    isBusy: () => turns.waiting() >= maximumWaiting,
    async matches(stored, password) {
      const isUsable = password.length > 0 && !isTooLong(password); // LES-39
      const candidate = isUsable ? canonical(password) : '';
      const compared = stored ?? (await nobody);
      await turns.enter();
      try {
        const isEqual = await verify(compared, candidate);
        return isEqual && stored !== undefined && isUsable;
      } finally {
        turns.leave();
      }
    },
  };
}

/** OWASP's first choice for argon2id; the library's default algorithm. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

function isTooLong(password: string): boolean {
  return password.length > maximumPasswordBytes || Buffer.byteLength(password) > maximumPasswordBytes;
}

/** Keyboards compose the same letter differently; NFC is the same letter. */
function canonical(password: string): string {
  return password.normalize('NFC');
}

/** Beyond this many a flood of sign-ons is turned away, instead of making everybody wait. */
const maximumWaiting = 256;

function createTurns(limit: number): { enter(): Promise<void>; leave(): void; waiting(): number } {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    waiting: () => waiting.length,
    enter() {
      if (running < limit) {
        running += 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    leave() {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    },
  };
}
