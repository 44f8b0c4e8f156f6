import { type AuditChange, type CoreSchema, changeScope } from '@crossgrant/platform';
import { newId } from '@crossgrant/protocol';
import type { Transaction } from 'kysely';
import type { IdpDatabase, IdpSchema } from '../store/schema.ts';

/** Who acts: recorded with every change. */
export interface Actor {
  readonly id: string;
  readonly address?: string;
}

/** The transaction of a change. */
export type PolicyChange = Transaction<IdpSchema & CoreSchema>;

/** Where a step of a change belongs. */
export interface InTenant {
  readonly tenantId: string;
  readonly epoch: number;
}

/** One administrative act on one tenant, durable together with its audit row and in force with the next decision. */
export interface Act {
  readonly database: IdpDatabase;
  readonly tenantId: string;
  readonly actor: Actor;
  readonly code: string;
  /** What was acted on; ids and keys only. */
  readonly facts: Readonly<Record<string, string | null>>;
  readonly nowMs?: number;
}

/** Runs an act that finds its object or changes nothing. Returns whether it found it. */
export function perform(
  act: Act,
  change: (trx: PolicyChange, epoch: number, nowMs: number) => Promise<{ readonly numUpdatedRows: bigint }>,
): Promise<boolean> {
  const nowMs = act.nowMs ?? Date.now();
  return changeScope(act.database, act.tenantId, async (trx, epoch, audit: AuditChange) => {
    const { numUpdatedRows } = await change(trx, epoch, nowMs);
    const isFound = numUpdatedRows > 0n;
    audit({
      id: newId('aud', nowMs),
      scope: act.tenantId,
      at: nowMs,
      kind: 'change',
      outcome: isFound ? 'done' : 'refused', // LES-38
      code: act.code,
      facts: { ...act.facts },
      personal: { person: act.actor.id, address: act.actor.address },
    });
    return isFound;
  });
}
