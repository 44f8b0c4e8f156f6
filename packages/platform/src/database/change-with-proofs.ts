import { randomBytes } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { ScopedProofUse, UsedProof } from '../commit/commit-request.ts';
import { storableKey } from '../commit/storable-key.ts';
import { changeScope } from './change-scope.ts';
import type { AuditChange } from './change-writer.ts';
import type { CoreSchema } from './core-schema.ts';
import type { Database } from './database.ts';

/**
 * `changeScope` on the word of a caller whose proofs count once: the change and the use of the proofs are one transaction.
 * When a proof was used before, nothing changes, and the audit row of that proof is durable before this answers.
 */
export async function changeWithProofs<S>(
  database: Database<S>,
  scope: string,
  proofs: readonly ScopedProofUse[],
  change: (trx: Transaction<S & CoreSchema>, epoch: number, audit: AuditChange) => Promise<void>,
): Promise<'committed' | UsedProof> {
  try {
    await changeScope(database, scope, async (trx, epoch, audit) => {
      for (const proof of proofs) await useUp(trx as unknown as Transaction<CoreSchema>, proof);
      await change(trx, epoch, audit);
    });
    return 'committed';
  } catch (error) {
    if (!(error instanceof UsedBefore)) throw error;
    await database.commits.audit(error.proof.whenUsed.audit);
    return error.proof.whenUsed.outcome;
  }
}

/** Rolls the change back. */
class UsedBefore extends Error {
  readonly proof: ScopedProofUse;

  constructor(proof: ScopedProofUse) {
    super('a proof was used before');
    this.proof = proof;
  }
}

async function useUp(trx: Transaction<CoreSchema>, proof: ScopedProofUse): Promise<void> {
  const { kind, scope, key, keepUntil } = proof;
  const attemptId = randomBytes(12).toString('base64url');
  const inserted = await trx
    .insertInto('single_use')
    .values({ kind, scope, key: storableKey(key), attempt_id: attemptId, keep_until: keepUntil })
    .onConflict((conflict) => conflict.doNothing())
    .returning('attempt_id')
    .executeTakeFirst();
  if (inserted === undefined) throw new UsedBefore(proof); // CAU-03, DPO-01
}
