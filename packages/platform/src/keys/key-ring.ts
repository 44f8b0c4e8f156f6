import type { Clock, JsonObject } from '@crossgrant/protocol';
import {
  exportPrivateJwk,
  generateSigningKey,
  type PublicJwk,
  type SignatureAlgorithm,
  type SigningKey,
  type VerificationKey,
} from '@crossgrant/protocol/jws';
import type { Kysely } from 'kysely';
import type { CoreSchema } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import { Misuse } from '../errors.ts';
import { phaseOf } from './key-phases.ts';
import type { SecretBox } from './secret-box.ts';
import { type HeldKey, openKeyRows, readKeyRows, sealedKeyRow } from './stored-keys.ts';

/** The signing keys of one scope. It follows changes of the scope, and the clock, by itself. */
export interface KeyRing {
  /** Rises whenever the published set changes, or which of it signs. */
  readonly version: number;
  /** The key that signs now. Without a purpose, the first purpose of the ring. */
  signingKey(alg: SignatureAlgorithm, purpose?: string): SigningKey;
  /** Every key whose signatures count: about to sign, signing, and retiring. The same array until the version rises. */
  verificationKeys(): readonly VerificationKey[];
  /** The public JWKS, the keys that sign now first. */
  publicJwks(): { keys: readonly PublicJwk[] };
  /** The same set with private members, for the sign-on library alone. */
  privateJwks(purpose?: string): { keys: JsonObject[] };
  /** Resolves when keys are held that were read after this call. */
  reload(): Promise<void>;
}

export interface KeyRingOptions<S> {
  readonly database: Database<S>;
  readonly scope: string;
  /** Keys are made per purpose, so that what one signs is never verified as another. */
  readonly purposes: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly secrets: SecretBox;
  readonly clock: Clock;
  /** Hears of a stored key that does not open. The others work on. */
  readonly onProblem?: (problem: Error) => void;
}

/**
 * Opens the ring and makes the keys that are missing. The database admits one active key per scope, purpose and
 * algorithm, so replicas that start together end with the same keys. Private members are sealed before they are stored.
 */
export async function openKeyRing<S>(options: KeyRingOptions<S>): Promise<KeyRing> {
  const { scope, purposes, algorithms, secrets, clock, onProblem = () => undefined } = options;
  const firstPurpose = purposes[0];
  if (firstPurpose === undefined || algorithms.length === 0) {
    throw new Misuse('key-ring/empty', 'A key ring needs at least one purpose and one algorithm.');
  }
  const kysely = options.database.kysely as unknown as Kysely<CoreSchema>;
  await createMissingKeys(kysely, options);
  const first = openKeyRows(await readKeyRows(kysely, scope), {
    secrets,
    held: [],
    onSealed: (problem) => {
      throw problem;
    },
  });
  const view = viewOver(first, clock);

  const reload = oneAtATime(async () => {
    const rows = await readKeyRows(kysely, scope);
    view.put(openKeyRows(rows, { secrets, held: view.held(), onSealed: onProblem }));
  });
  options.database.onChange((changed) => (changed === scope ? reload() : undefined));

  return {
    get version() {
      return view.now().version;
    },
    signingKey(alg, purpose = firstPurpose) {
      const found = view.now().signing.find(({ row }) => row.purpose === purpose && row.alg === alg); // KEY-07
      if (found === undefined) {
        throw new Misuse(
          'key-ring/no-key',
          `The key ring holds no ${alg} key for ${purpose}; add ${alg} to its algorithms.`,
        );
      }
      return found.signing;
    },
    verificationKeys: () => view.now().verification,
    publicJwks: () => ({ keys: view.now().published.map((key) => key.signing.publicJwk) }),
    privateJwks: (purpose) => ({
      keys: view
        .now()
        .published.filter(({ row }) => purpose === undefined || row.purpose === purpose)
        .map((key) => exportPrivateJwk(key.signing)),
    }),
    reload,
  };
}

/** What the held keys are worth between two instants. */
interface Moment {
  readonly version: number;
  readonly from: number;
  readonly until: number;
  readonly published: readonly HeldKey[];
  readonly signing: readonly HeldKey[];
  readonly verification: readonly VerificationKey[];
}

/** Judges the held keys by the clock; anew only when they were read again or a key reaches its next phase. */
function viewOver(first: readonly HeldKey[], clock: Clock) {
  let held = first;
  let moment = momentOf(held, clock(), 1);
  let isStale = false;

  return {
    held: () => held,
    put(keys: readonly HeldKey[]): void {
      held = keys;
      isStale = true;
    },
    now(): Moment {
      const now = clock();
      if (!isStale && now >= moment.from && now < moment.until) return moment;
      const next = momentOf(held, now, moment.version);
      moment = isSame(next, moment)
        ? { ...moment, from: next.from, until: next.until }
        : { ...next, version: moment.version + 1 };
      isStale = false;
      return moment;
    },
  };
}

function momentOf(held: readonly HeldKey[], now: number, version: number): Moment {
  const rows = held.map(({ row }) => row);
  const inPhase = (...phases: string[]): HeldKey[] =>
    held.filter(({ row }) => phases.includes(phaseOf(row, rows, now))).toReversed();
  const signing = inPhase('active');
  const published = [...signing, ...inPhase('published', 'retiring')]; // KEY-02
  const turns = rows.flatMap((row) => [row.not_before, row.retire_at ?? 0]);
  return {
    version,
    from: Math.max(0, ...turns.filter((turn) => turn <= now)),
    until: Math.min(Number.MAX_SAFE_INTEGER, ...turns.filter((turn) => turn > now)),
    published,
    signing,
    verification: published.map((key) => key.verification),
  };
}

function isSame(a: Moment, b: Moment): boolean {
  const kids = (keys: readonly HeldKey[]): string => keys.map(({ row }) => row.kid).join(' ');
  return kids(a.published) === kids(b.published) && kids(a.signing) === kids(b.signing);
}

/** A reading that runs may have begun before the caller's news: those who come meanwhile share one that starts later. */
function oneAtATime(read: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = read().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}

/** The very first key of a purpose and algorithm signs at once: there is none that could bridge the announcement. */
async function createMissingKeys<S>(kysely: Kysely<CoreSchema>, options: KeyRingOptions<S>): Promise<void> {
  const { scope, purposes, algorithms, secrets, clock } = options;
  const rows = await readKeyRows(kysely, scope);
  for (const purpose of purposes) {
    for (const alg of algorithms) {
      const now = clock();
      const isActive = rows.some(
        (row) => row.purpose === purpose && row.alg === alg && phaseOf(row, rows, now) === 'active',
      );
      if (isActive) continue;
      const row = sealedKeyRow(generateSigningKey(alg), secrets, {
        scope,
        purpose,
        state: 'active',
        created_at: now,
        not_before: now,
      });
      await kysely
        .insertInto('signing_keys')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }
}
