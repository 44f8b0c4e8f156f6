import type { AuditColumns, AuditEntry } from '../audit/audit-entry.ts';

export type SqlValue = string | number | null | Uint8Array;

/** One thing that may be used once. The kind keeps codes, assertions and proofs in separate namespaces. */
export interface SingleUse {
  readonly kind: string;
  readonly scope: string;
  readonly key: string;
  /** Milliseconds; the record is never removed before this instant. */
  readonly keepUntil: number;
}

export interface RowInsert {
  readonly table: string;
  readonly row: Readonly<Record<string, SqlValue>>;
}

export interface CommitRequest {
  readonly scope: string;
  /** The revocation epoch of the snapshot the decision was made from. */
  readonly expectedEpoch: number;
  readonly singleUse?: readonly SingleUse[];
  readonly inserts?: readonly RowInsert[];
  readonly audit: AuditEntry;
  /** Written instead of `audit` when one of the single-use keys was already used. */
  readonly auditWhenReplayed?: AuditEntry;
}

/**
 * committed: everything is durable. replayed: a key was used before, only `auditWhenReplayed` is durable.
 * stale: the scope changed since the snapshot was taken, nothing was written; refresh it and evaluate again.
 */
export type CommitOutcome = 'committed' | 'replayed' | 'stale';

/** A request as plain data that can cross a thread. */
export interface PreparedRequest {
  readonly attemptId: string;
  readonly scope: string;
  readonly expectedEpoch: number | null;
  readonly singleUse: readonly SingleUse[];
  readonly inserts: readonly RowInsert[];
  readonly audit: AuditColumns;
  readonly auditWhenReplayed: AuditColumns | null;
}
