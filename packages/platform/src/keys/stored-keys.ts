import type { JsonObject } from '@crossgrant/protocol';
import {
  exportPrivateJwk,
  importSigningKey,
  type SigningKey,
  type VerificationKey,
  verificationKeyOf,
} from '@crossgrant/protocol/jws';
import type { Kysely } from 'kysely';
import type { CoreSchema, SigningKeyRow } from '../database/core-schema.ts';
import { Misuse } from '../errors.ts';
import type { SecretBox } from './secret-box.ts';

/** The purpose under which private keys are sealed. */
export const signingKeySeal = 'signing-key';

/** A stored key, opened. */
export interface HeldKey {
  readonly row: SigningKeyRow;
  readonly signing: SigningKey;
  readonly verification: VerificationKey;
}

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

/** The rows of a scope, oldest first, those of ended keys included. */
export function readKeyRows(kysely: Kysely<CoreSchema>, scope: string): Promise<SigningKeyRow[]> {
  return kysely
    .selectFrom('signing_keys')
    .selectAll()
    .where('scope', '=', scope)
    .orderBy('not_before')
    .orderBy('kid')
    .execute();
}

/** Opens the rows that still have a private key. What is held already is not opened again. */
export function openKeyRows(
  rows: readonly SigningKeyRow[],
  options: { secrets: SecretBox; held: readonly HeldKey[]; onSealed: (problem: Misuse) => void },
): HeldKey[] {
  const known = new Map(options.held.map((key) => [key.row.kid, key]));
  return rows.flatMap((row) => {
    if (row.state === 'revoked' || row.state === 'gone') return []; // KEY-02
    const old = known.get(row.kid);
    if (old !== undefined) return [{ ...old, row }];
    const signing = openRow(row, options.secrets);
    if (signing !== undefined) return [{ row, signing, verification: verificationKeyOf(signing) }];
    options.onSealed(
      new Misuse(
        'key-ring/sealed',
        `The stored key ${row.kid} does not open; start with the encryption key this database was made with.`,
      ),
    );
    return [];
  });
}

function openRow(row: SigningKeyRow, secrets: SecretBox): SigningKey | undefined {
  try {
    return importSigningKey(JSON.parse(secrets.open(signingKeySeal, row.private_jwk)) as JsonObject);
  } catch {
    return undefined;
  }
}
