import type { Clock } from '@crossgrant/protocol';
import { generateSigningKey, type SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { Transaction } from 'kysely';
import { changeScope } from '../database/change-scope.ts';
import type { AuditChange } from '../database/change-writer.ts';
import type { CoreSchema, SigningKeyRow } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import { sealedKeyRow } from './key-ring.ts';
import type { SecretBox } from './secret-box.ts';

export interface RotationOptions<S> {
  readonly database: Database<S>;
  readonly scope: string;
  readonly purpose: string;
  readonly alg: SignatureAlgorithm;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  /** How long the new key is published before it signs: at least as long as others keep the key set. */
  readonly announceMs?: number;
  /** How long the old key is published after it stopped signing: at least the longest life of what it signed. */
  readonly keepMs?: number;
}

const hour = 3_600_000;

/**
 * Prepares the next key of a purpose and plans the end of the present one. Every ring of the scope follows: the new key is
 * published at once, signs after an hour, and the old one is published a day longer. A rotation under way is left alone.
 * Returns the `kid` of the key that signs next.
 */
export function rotateSigningKey<S>(
  options: RotationOptions<S>,
  audit?: (audit: AuditChange, kid: string) => void,
): Promise<string> {
  const { database, scope, purpose, alg, secrets, clock, announceMs = hour, keepMs = 24 * hour } = options;
  return changeScope(database, scope, async (transaction, _epoch, write) => {
    const trx = transaction as unknown as Transaction<CoreSchema>;
    const now = clock();
    const keys = await keysOf(trx, scope, purpose, alg);
    const pending = keys.find((row) => row.state === 'next' && row.not_before > now);
    if (pending !== undefined) return pending.kid;
    await promote(trx, keys, now);
    const startsAt = now + announceMs; // KEY-02
    const row = sealedKeyRow(generateSigningKey(alg), secrets, {
      scope,
      purpose,
      state: 'next',
      created_at: now,
      not_before: startsAt,
    });
    await trx
      .updateTable('signing_keys')
      .set({ retire_at: startsAt + keepMs })
      .where('scope', '=', scope)
      .where('purpose', '=', purpose)
      .where('alg', '=', alg)
      .where('state', '=', 'active')
      .execute();
    await trx.insertInto('signing_keys').values(row).execute();
    audit?.(write, row.kid);
    return row.kid;
  });
}

/** Ends a key at once, for a key that others may know. If it signs, a fresh one takes over in the same instant. */
export function revokeSigningKey<S>(
  options: Pick<RotationOptions<S>, 'database' | 'scope' | 'secrets' | 'clock'> & { kid: string },
  audit?: (audit: AuditChange) => void,
): Promise<boolean> {
  const { database, scope, kid, secrets, clock } = options;
  return changeScope(database, scope, async (transaction, _epoch, write) => {
    const trx = transaction as unknown as Transaction<CoreSchema>;
    const key = await trx
      .selectFrom('signing_keys')
      .selectAll()
      .where('scope', '=', scope)
      .where('kid', '=', kid)
      .executeTakeFirst();
    if (key === undefined || key.state === 'revoked') return false;
    await trx.updateTable('signing_keys').set({ state: 'revoked' }).where('kid', '=', kid).execute(); // KEY-02
    const now = clock();
    const others = (await keysOf(trx, scope, key.purpose, key.alg)).filter((row) => row.kid !== kid);
    const alg = key.alg as SignatureAlgorithm;
    if (!others.some((row) => (row.state === 'active' || row.state === 'next') && row.not_before <= now)) {
      const place = { scope, purpose: key.purpose, state: 'active', created_at: now, not_before: now } as const;
      await trx
        .insertInto('signing_keys')
        .values(sealedKeyRow(generateSigningKey(alg), secrets, place))
        .execute();
    }
    if (!others.some((row) => row.state === 'next' && row.not_before > now)) await keepSigning(trx, others);
    audit?.(write);
    return true;
  });
}

function keysOf(trx: Transaction<CoreSchema>, scope: string, purpose: string, alg: string): Promise<SigningKeyRow[]> {
  return trx
    .selectFrom('signing_keys')
    .selectAll()
    .where('scope', '=', scope)
    .where('purpose', '=', purpose)
    .where('alg', '=', alg)
    .where('state', '!=', 'revoked')
    .execute();
}

/** Without a successor, the keys that sign have no planned end. */
async function keepSigning(trx: Transaction<CoreSchema>, keys: readonly SigningKeyRow[]): Promise<void> {
  for (const row of keys.filter((each) => each.state === 'active')) {
    await trx.updateTable('signing_keys').set({ retire_at: null }).where('kid', '=', row.kid).execute();
  }
}

/** Makes a prepared key whose time has come the active one, and its predecessor a retired one. */
async function promote(trx: Transaction<CoreSchema>, keys: readonly SigningKeyRow[], now: number): Promise<void> {
  const due = keys.find((row) => row.state === 'next' && row.not_before <= now);
  if (due === undefined) return;
  for (const row of keys.filter((each) => each.state === 'active')) {
    await trx
      .updateTable('signing_keys')
      .set({ state: 'retired', retire_at: row.retire_at ?? now + 24 * hour })
      .where('kid', '=', row.kid)
      .execute();
  }
  await trx.updateTable('signing_keys').set({ state: 'active' }).where('kid', '=', due.kid).execute();
}
