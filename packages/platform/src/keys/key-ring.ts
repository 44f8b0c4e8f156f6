import type { Clock, JsonObject } from '@crossgrant/protocol';
import {
  exportPrivateJwk,
  generateSigningKey,
  importSigningKey,
  type PublicJwk,
  type SignatureAlgorithm,
  type SigningKey,
  type VerificationKey,
  verificationKeyOf,
} from '@crossgrant/protocol/jws';
import type { Kysely } from 'kysely';
import type { CoreSchema, SigningKeyRow } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import { Misuse } from '../errors.ts';
import type { SecretBox } from './secret-box.ts';

/** The signing keys of one scope. It follows changes of the scope by itself. */
export interface KeyRing {
  /** Rises whenever the set of keys changes. */
  readonly version: number;
  /** The key that signs now. Without a purpose, the first purpose of the ring. */
  signingKey(alg: SignatureAlgorithm, purpose?: string): SigningKey;
  /** Every key whose signatures count: about to sign, signing, and retired but not yet past its time. */
  verificationKeys(): readonly VerificationKey[];
  /** The public JWKS, the keys that sign now first. */
  publicJwks(): { keys: readonly PublicJwk[] };
  /** The same set with private members, for the sign-on library alone. */
  privateJwks(purpose?: string): { keys: JsonObject[] };
  /** Reads the stored keys again. */
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
}

interface HeldKey {
  readonly row: SigningKeyRow;
  readonly signing: SigningKey;
  readonly verification: VerificationKey;
}

/**
 * Opens the ring and makes the keys that are missing. The database admits one active key per scope, purpose and
 * algorithm, so replicas that start together end with the same keys. Private members are sealed before they are stored.
 */
export async function openKeyRing<S>(options: KeyRingOptions<S>): Promise<KeyRing> {
  const { scope, purposes, algorithms, secrets, clock } = options;
  const firstPurpose = purposes[0];
  if (firstPurpose === undefined || algorithms.length === 0) {
    throw new Misuse('key-ring/empty', 'A key ring needs at least one purpose and one algorithm.');
  }
  const kysely = options.database.kysely as unknown as Kysely<CoreSchema>;
  await createMissingKeys(kysely, options);
  let version = 1;
  let held = await readKeys(kysely, scope, secrets);

  async function reload(): Promise<void> {
    const fresh = await readKeys(kysely, scope, secrets);
    if (fingerprint(fresh) === fingerprint(held)) return;
    held = fresh;
    version += 1;
  }

  options.database.onChange((changed) => {
    if (changed === scope) reload().catch(() => undefined);
  });

  const published = (): readonly HeldKey[] => {
    const now = clock();
    return held
      .filter(({ row }) => counts(row, now)) // KEY-02
      .toSorted((a, b) => rank(b.row, now) - rank(a.row, now));
  };

  return {
    get version() {
      return version;
    },
    signingKey(alg, purpose = firstPurpose) {
      const found = published()
        .filter(({ row }) => row.purpose === purpose) // KEY-07
        .find(({ row }) => row.alg === alg && signsAt(row, clock()));
      if (found === undefined) {
        throw new Misuse(
          'key-ring/no-key',
          `The key ring holds no ${alg} key for ${purpose}; add ${alg} to its algorithms.`,
        );
      }
      return found.signing;
    },
    verificationKeys: () => published().map((key) => key.verification),
    publicJwks: () => ({ keys: published().map((key) => key.signing.publicJwk) }),
    privateJwks: (purpose) => ({
      keys: published()
        .filter(({ row }) => purpose === undefined || row.purpose === purpose)
        .map((key) => exportPrivateJwk(key.signing)),
    }),
    reload,
  };
}

/** The purpose under which private keys are sealed. */
export const signingKeySeal = 'signing-key';

/** A new key as a row, ready to insert. */
export function sealedKeyRow(
  key: SigningKey,
  secrets: SecretBox,
  place: Pick<SigningKeyRow, 'scope' | 'purpose' | 'state' | 'created_at' | 'not_before'>,
): SigningKeyRow {
  return {
    kid: key.kid,
    ...place,
    alg: key.alg,
    private_jwk: secrets.seal(signingKeySeal, JSON.stringify(exportPrivateJwk(key))),
    public_jwk: JSON.stringify(key.publicJwk),
    retire_at: null,
  };
}

async function createMissingKeys<S>(kysely: Kysely<CoreSchema>, options: KeyRingOptions<S>): Promise<void> {
  const { scope, purposes, algorithms, secrets, clock } = options;
  const present = await kysely
    .selectFrom('signing_keys')
    .select(['purpose', 'alg'])
    .where('scope', '=', scope)
    .where('state', '=', 'active')
    .execute();
  for (const purpose of purposes) {
    for (const alg of algorithms) {
      if (present.some((row) => row.purpose === purpose && row.alg === alg)) continue;
      const now = clock();
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

async function readKeys(kysely: Kysely<CoreSchema>, scope: string, secrets: SecretBox): Promise<HeldKey[]> {
  const rows = await kysely.selectFrom('signing_keys').selectAll().where('scope', '=', scope).orderBy('kid').execute();
  return rows.map((row) => {
    const signing = importSigningKey(openPrivateJwk(row, secrets));
    return { row, signing, verification: verificationKeyOf(signing) };
  });
}

function openPrivateJwk(row: SigningKeyRow, secrets: SecretBox): JsonObject {
  try {
    return JSON.parse(secrets.open(signingKeySeal, row.private_jwk)) as JsonObject;
  } catch {
    throw new Misuse(
      'key-ring/sealed',
      `The stored key ${row.kid} does not open; start with the encryption key this database was made with.`,
    );
  }
}

/** A key signs from its `not_before` on. While several do, the latest is taken, so a prepared key takes over by itself. */
function signsAt(row: SigningKeyRow, now: number): boolean {
  return (row.state === 'active' || row.state === 'next') && row.not_before <= now;
}

/** Whether signatures of the key still count. */
function counts(row: SigningKeyRow, now: number): boolean {
  return row.state !== 'revoked' && (row.retire_at === null || row.retire_at > now);
}

/** Keys that sign come first, the latest of them at the head. */
function rank(row: SigningKeyRow, now: number): number {
  return signsAt(row, now) ? row.not_before : -row.not_before;
}

function fingerprint(keys: readonly HeldKey[]): string {
  return JSON.stringify(keys.map(({ row }) => [row.kid, row.state, row.not_before, row.retire_at]));
}
