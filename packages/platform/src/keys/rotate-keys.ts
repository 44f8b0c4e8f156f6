import { type Clock, newId } from '@crossgrant/protocol';
import { generateSigningKey, type SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { Kysely, Transaction } from 'kysely';
import type { AuditEntry } from '../audit/audit-entry.ts';
import { changeScope } from '../database/change-scope.ts';
import type { CoreSchema, SigningKeyRow } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import { isSibling, type KeyFacts, keyFacts, keyTimes, phaseOf } from './key-phases.ts';
import type { SecretBox } from './secret-box.ts';
import { readKeyRows, sealedKeyRow } from './stored-keys.ts';

/** The keys of one scope, for those who manage them. */
export interface KeyPlace<S> {
  readonly database: Database<S>;
  readonly scope: string;
  readonly secrets: SecretBox;
  readonly clock: Clock;
}

/** Who acts, and why; without an actor it is the schedule. Both stand in the audit. */
export interface KeyAct {
  readonly actor?: string;
  readonly reason?: string;
  /** Of the request an administrator made: the audit row carries it. */
  readonly request?: {
    readonly id: string;
    readonly name: string;
    readonly role: string;
    readonly address: string;
  };
}

export interface Rotation {
  /** The key that signs next. */
  readonly next: KeyFacts;
  /** False when a rotation was under way already. */
  readonly isNew: boolean;
}

export interface Revocation {
  readonly kid: string;
  /** The key that signs from now on in its place; absent where the revoked one did not sign. */
  readonly successor?: string;
}

type Trx = Transaction<CoreSchema>;

/**
 * Prepares the next key of a purpose and plans the end of the present one. Every ring of the scope follows: the new key is
 * published at once, signs after an hour, and the old one is published a day longer. A rotation under way is left alone.
 */
export function rotateSigningKey<S>(
  place: KeyPlace<S> & { readonly purpose: string; readonly alg: SignatureAlgorithm },
  act: KeyAct = {},
): Promise<Rotation> {
  const { database, scope, clock } = place;
  return changeScope(database, scope, async (transaction, _epoch, audit) => {
    const trx = transaction as unknown as Trx;
    const now = clock();
    await settleKeys(trx, scope, now);
    const { kid, isNew } = await prepareNext(trx, place, now);
    const rows = await readKeyRows(trx, scope);
    const row = rows.find((each) => each.kid === kid);
    if (row === undefined) throw new Error(`the key ${kid} is not there`);
    const next = keyFacts(row, rows, now);
    if (isNew) audit(entry(scope, now, 'keys/rotate', factsOf(row), act));
    return { next, isNew };
  });
}

/**
 * Ends a key at once, for a key that others may know: its private half is erased and nothing it signed counts any more. If
 * it signs, another takes over in the same instant: the one that is published already, or else a fresh one.
 */
export function revokeSigningKey<S>(
  place: KeyPlace<S> & { readonly kid: string },
  act: KeyAct = {},
): Promise<Revocation | undefined> {
  const { database, scope, kid, clock } = place;
  return changeScope(database, scope, async (transaction, _epoch, audit) => {
    const trx = transaction as unknown as Trx;
    const now = clock();
    await settleKeys(trx, scope, now);
    const rows = await readKeyRows(trx, scope);
    const row = rows.find((each) => each.kid === kid);
    if (row === undefined || row.state === 'revoked') return undefined;
    const phase = phaseOf(row, rows, now);
    await setKey(trx, kid, { state: 'revoked', private_jwk: '' }); // KEY-02
    const siblings = rows.filter((each) => each.kid !== kid && isSibling(each, row));
    const pending = siblings.find((each) => phaseOf(each, rows, now) === 'published');
    const successor = phase === 'active' ? await takeOver(trx, place, row, pending, now) : undefined;
    if (phase === 'published') await keepSigning(trx, siblings);
    audit(entry(scope, now, 'keys/revoke', { ...factsOf(row), phase, ...(successor && { successor }) }, act));
    return { kid, successor };
  });
}

/**
 * What the schedule does: brings the stored states to what the clock says, erases the private half of keys that are gone,
 * and rotates what has signed for 90 days. Changes nothing while nothing is due.
 */
export async function maintainKeys<S>(place: KeyPlace<S>): Promise<readonly string[]> {
  const { database, scope, clock } = place;
  const now = clock();
  const stored = await readKeyRows(database.kysely as unknown as Kysely<CoreSchema>, scope);
  if (unsettled(stored, now).length === 0 && tooOld(stored, now).length === 0) return [];
  return changeScope(database, scope, async (transaction, _epoch, audit) => {
    const trx = transaction as unknown as Trx;
    await settleKeys(trx, scope, now);
    const rotated: string[] = [];
    for (const old of tooOld(await readKeyRows(trx, scope), now)) {
      const { kid } = await prepareNext(
        trx,
        { ...place, purpose: old.purpose, alg: old.alg as SignatureAlgorithm },
        now,
      );
      audit(entry(scope, now, 'keys/rotate', { ...factsOf(old), kid, retiring: old.kid }, {}));
      rotated.push(kid);
    }
    return rotated;
  });
}

/** Every key of the scope, ended ones included, as it stands now. */
export async function listSigningKeys<S>({
  database,
  scope,
  clock,
}: Pick<KeyPlace<S>, 'database' | 'scope' | 'clock'>): Promise<readonly KeyFacts[]> {
  const rows = await readKeyRows(database.kysely as unknown as Kysely<CoreSchema>, scope);
  const now = clock();
  return rows.map((row) => keyFacts(row, rows, now));
}

async function prepareNext<S>(
  trx: Trx,
  place: KeyPlace<S> & { readonly purpose: string; readonly alg: SignatureAlgorithm },
  now: number,
): Promise<{ kid: string; isNew: boolean }> {
  const { scope, purpose, alg, secrets } = place;
  const rows = await readKeyRows(trx, scope);
  const siblings = rows.filter((row) => isSibling(row, { purpose, alg }));
  const pending = siblings.find((row) => phaseOf(row, rows, now) === 'published');
  if (pending !== undefined) return { kid: pending.kid, isNew: false };
  const startsAt = now + keyTimes.announceMs; // KEY-02
  for (const old of siblings.filter((row) => row.state === 'active'))
    await setKey(trx, old.kid, { retire_at: startsAt + keyTimes.keepMs }); // KEY-02
  const at = { scope, purpose, state: 'next', created_at: now, not_before: startsAt } as const;
  const row = sealedKeyRow(generateSigningKey(alg), secrets, at);
  await trx.insertInto('signing_keys').values(row).execute();
  return { kid: row.kid, isNew: true };
}

async function takeOver<S>(
  trx: Trx,
  { scope, secrets }: KeyPlace<S>,
  revoked: SigningKeyRow,
  pending: SigningKeyRow | undefined,
  now: number,
): Promise<string> {
  if (pending !== undefined) {
    await setKey(trx, pending.kid, { state: 'active', not_before: now });
    return pending.kid;
  }
  const place = { scope, purpose: revoked.purpose, state: 'active', created_at: now, not_before: now } as const;
  const row = sealedKeyRow(generateSigningKey(revoked.alg as SignatureAlgorithm), secrets, place);
  await trx.insertInto('signing_keys').values(row).execute();
  return row.kid;
}

/** Without a successor, the key that signs has no planned end. */
async function keepSigning(trx: Trx, siblings: readonly SigningKeyRow[]): Promise<void> {
  for (const row of siblings.filter((each) => each.state === 'active')) await setKey(trx, row.kid, { retire_at: null });
}

/** Stores what the clock has decided: successors are active, predecessors retired, keys past their time gone. */
async function settleKeys(trx: Trx, scope: string, now: number): Promise<void> {
  for (const { kid, ...change } of unsettled(await readKeyRows(trx, scope), now)) await setKey(trx, kid, change);
}

/** The changes, in an order that never makes two keys active at once. */
function unsettled(rows: readonly SigningKeyRow[], now: number): ({ kid: string } & Partial<SigningKeyRow>)[] {
  const inPhase = (phase: string): SigningKeyRow[] => rows.filter((row) => phaseOf(row, rows, now) === phase);
  const gone = inPhase('gone').filter((row) => row.state !== 'gone');
  const retired = inPhase('retiring').filter((row) => row.state !== 'retired');
  const active = inPhase('active').filter((row) => row.state !== 'active');
  return [
    ...gone.map(({ kid }) => ({ kid, state: 'gone' as const, private_jwk: '' })),
    ...retired.map(({ kid, retire_at }) => ({
      kid,
      state: 'retired' as const,
      retire_at: retire_at ?? now + keyTimes.keepMs,
    })),
    ...active.map(({ kid }) => ({ kid, state: 'active' as const })),
  ];
}

function tooOld(rows: readonly SigningKeyRow[], now: number): SigningKeyRow[] {
  return rows.filter(
    (row) =>
      phaseOf(row, rows, now) === 'active' &&
      now - row.not_before >= keyTimes.rotateAfterMs &&
      !rows.some((other) => isSibling(other, row) && phaseOf(other, rows, now) === 'published'),
  );
}

async function setKey(trx: Trx, kid: string, change: Partial<SigningKeyRow>): Promise<void> {
  await trx.updateTable('signing_keys').set(change).where('kid', '=', kid).execute();
}

function factsOf({ kid, purpose, alg }: SigningKeyRow): Record<string, string> {
  return { kid, purpose, alg };
}

function entry(scope: string, now: number, code: string, facts: Record<string, string>, act: KeyAct): AuditEntry {
  return {
    id: act.request?.id ?? newId('aud', now),
    scope,
    at: now,
    kind: 'change',
    outcome: 'done',
    code,
    facts: {
      ...facts,
      by: actedBy(act),
      ...(act.reason && { reason: act.reason }),
      ...(act.request && { actor: act.actor, role: act.request.role }),
    },
    personal:
      act.actor === undefined
        ? undefined
        : { person: act.actor, username: act.request?.name, address: act.request?.address },
  };
}

function actedBy({ actor, request }: KeyAct): string {
  if (request !== undefined) return 'administrator';
  return actor === undefined ? 'schedule' : 'command';
}
