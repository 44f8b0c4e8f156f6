import { randomBytes } from 'node:crypto';
import { type Clock, newId } from '@crossgrant/protocol';
import type { Kysely, Transaction } from 'kysely';
import { changeScope } from '../database/change-scope.ts';
import type { CoreSchema, DataKeyRow } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import { Misuse } from '../errors.ts';
import type { EncryptionKey, EncryptionKeys } from './encryption-keys.ts';
import type { KeyAct } from './rotate-keys.ts';
import { type SecretBox, secretBoxFromKey } from './secret-box.ts';
import { signingKeySeal } from './stored-keys.ts';

/** The purpose under which an encryption key seals the data key. */
const dataKeySeal = 'data-key';

/** One encryption key that opens this database. */
export interface EncryptionKeyFacts {
  readonly id: string;
  readonly since: number;
  /** Whether it is the one this process would seal with. */
  readonly isCurrent: boolean;
}

/**
 * The box of this database. What is stored is sealed and authenticated under a data key that lives in the database, sealed
 * in turn under the encryption key of the environment or of a file. So an encryption key is exchanged without touching what
 * is stored, and no running process notices.
 *
 * At most two encryption keys open a database at once: while one is being exchanged, the one before it as well. A process
 * that is started with both adds the new one.
 */
export async function openSecrets<S>(
  database: Database<S>,
  keys: EncryptionKeys,
  clock: Clock = Date.now,
): Promise<SecretBox> {
  const kysely = database.kysely as unknown as Kysely<CoreSchema>;
  if ((await readRows(kysely)).length === 0) await createDataKey(kysely, keys, clock());
  return secretBoxFromKey(await admitCurrentKey(kysely, keys, clock()));
}

/** The encryption keys that open this database. */
export async function listEncryptionKeys<S>(
  database: Database<S>,
  keys: EncryptionKeys,
): Promise<readonly EncryptionKeyFacts[]> {
  const rows = await readRows(database.kysely as unknown as Kysely<CoreSchema>);
  return rows.map(({ key_id: id, created_at: since }) => ({ id, since, isCurrent: id === keys.current.id }));
}

/** Ends every encryption key but the current one: from now on the others open nothing here. Returns how many ended. */
export function endOtherEncryptionKeys<S>(
  place: { database: Database<S>; scope: string; keys: EncryptionKeys; clock: Clock },
  act: KeyAct,
): Promise<number> {
  const { database, scope, keys, clock } = place;
  return changeScope(database, scope, async (transaction, _epoch, audit) => {
    const trx = transaction as unknown as Transaction<CoreSchema>;
    const rows = await readRows(trx);
    const own = rows.find((row) => row.key_id === keys.current.id);
    if (own === undefined || opened(own, keys.current) === undefined) throw otherKey(); // LES-47
    const ended = rows.filter((row) => row !== own);
    for (const { slot } of ended) await trx.deleteFrom('data_keys').where('slot', '=', slot).execute(); // LES-47
    const now = clock();
    if (ended.length > 0)
      audit({
        id: newId('aud', now),
        scope,
        at: now,
        kind: 'change',
        outcome: 'done',
        code: 'keys/end-encryption-key',
        facts: { ended: ended.map(({ key_id }) => key_id), ...(act.reason && { reason: act.reason }) },
        personal: act.actor === undefined ? undefined : { person: act.actor },
      });
    return ended.length;
  });
}

function readRows(kysely: Kysely<CoreSchema>): Promise<DataKeyRow[]> {
  return kysely.selectFrom('data_keys').selectAll().orderBy('slot').execute();
}

/** One of the processes that start together makes it; the slot is what they race for. */
function createDataKey(kysely: Kysely<CoreSchema>, keys: EncryptionKeys, now: number): Promise<void> {
  return kysely.transaction().execute(async (trx) => {
    const dataKey = randomBytes(32);
    const made = await trx
      .insertInto('data_keys')
      .values(sealedRow(1, keys.current, dataKey, now))
      .onConflict((conflict) => conflict.doNothing())
      .returning('slot')
      .executeTakeFirst();
    if (made !== undefined) await sealAgain(trx, keys, secretBoxFromKey(dataKey));
  });
}

/** Databases from before there was a data key hold signing keys sealed under the encryption key itself. */
async function sealAgain(trx: Transaction<CoreSchema>, keys: EncryptionKeys, box: SecretBox): Promise<void> {
  const rows = await trx.selectFrom('signing_keys').select(['kid', 'private_jwk']).execute();
  for (const { kid, private_jwk: sealed } of rows.filter(({ private_jwk }) => private_jwk !== '')) {
    const text = bothOf(keys)
      .map((key) => attempt(() => key.box.open(signingKeySeal, sealed)))
      .find((each) => each !== undefined);
    if (text === undefined) throw otherKey();
    await trx
      .updateTable('signing_keys')
      .set({ private_jwk: box.seal(signingKeySeal, text) })
      .where('kid', '=', kid)
      .execute();
  }
}

/** Opens the data key, and seals it under the current key as well where only the previous one opened it. */
async function admitCurrentKey(kysely: Kysely<CoreSchema>, keys: EncryptionKeys, now: number): Promise<Uint8Array> {
  const rows = await readRows(kysely);
  for (const key of bothOf(keys)) {
    const row = rows.find((each) => each.key_id === key.id);
    const dataKey = row && opened(row, key);
    if (dataKey === undefined) continue;
    if (key !== keys.current) await addRow(kysely, rows, keys.current, { dataKey, now });
    return dataKey;
  }
  throw otherKey();
}

async function addRow(
  kysely: Kysely<CoreSchema>,
  rows: readonly DataKeyRow[],
  key: EncryptionKey,
  { dataKey, now }: { dataKey: Uint8Array; now: number },
): Promise<void> {
  const slot = ([1, 2] as const).find((each) => !rows.some((row) => row.slot === each));
  if (slot === undefined) {
    throw new Misuse(
      'encryption-key/third',
      'Two encryption keys open this database already; end the older one before a third is added.',
    );
  }
  await kysely
    .insertInto('data_keys')
    .values(sealedRow(slot, key, dataKey, now))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = (await readRows(kysely)).find((row) => row.key_id === key.id);
  if (stored === undefined || opened(stored, key) === undefined) throw otherKey();
}

function sealedRow(slot: number, key: EncryptionKey, dataKey: Uint8Array, now: number): DataKeyRow {
  const sealed = key.box.seal(dataKeySeal, Buffer.from(dataKey).toString('base64url'));
  return { slot, key_id: key.id, sealed, created_at: now };
}

function opened(row: DataKeyRow, key: EncryptionKey): Uint8Array | undefined {
  return attempt(() => Buffer.from(key.box.open(dataKeySeal, row.sealed), 'base64url'));
}

function attempt<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

function bothOf({ current, previous }: EncryptionKeys): readonly EncryptionKey[] {
  return previous === undefined ? [current] : [current, previous];
}

function otherKey(): Misuse {
  return new Misuse(
    'encryption-key/other',
    'The database does not open with this encryption key; start with the one it was made with, or name both while one is exchanged.',
  );
}
