import type { AuditColumns, AuditEntry } from '../audit/audit-entry.ts';

export type SqlValue = string | number | null | Uint8Array;

/** What a commit may write: it crosses a thread as text. */
export type RowValue = Exclude<SqlValue, Uint8Array>;

/** One thing that may be used once. The kind keeps codes, assertions and proofs in separate namespaces. */
export interface SingleUse {
  readonly kind: string;
  readonly scope: string;
  readonly key: string;
  /** Milliseconds; the record is never removed before this instant. */
  readonly keepUntil: number;
  /** For proofs that stand beside what a request is about: what the commit answers, and writes, when this key was used before. */
  readonly whenUsed?: { readonly outcome: UsedProof; readonly audit: AuditEntry };
}

/** Which proof of a request was used before: the client's assertion, or its proof of possession. */
export type UsedProof = 'assertion-used' | 'proof-used';

/** A proof of the caller that counts once, in its scope. */
export type ScopedProofUse = SingleUse & Required<Pick<SingleUse, 'whenUsed'>>;

/** A proof of the caller that counts once, apart from the scope it is kept in. */
export type ProofUse = Omit<ScopedProofUse, 'scope'>;

export interface RowInsert {
  readonly table: string;
  readonly row: Readonly<Record<string, RowValue>>;
}

export interface CommitRequest {
  readonly scope: string;
  /** The revocation epoch of the snapshot the decision was made from; null where no snapshot took part. */
  readonly expectedEpoch: number | null;
  readonly singleUse?: readonly SingleUse[];
  readonly inserts?: readonly RowInsert[];
  readonly audit: AuditEntry;
  /** Written instead of `audit` when one of the single-use keys was already used. */
  readonly auditWhenReplayed?: AuditEntry;
}

/**
 * committed: everything is durable. replayed: a key was used before, only `auditWhenReplayed` is durable. A key with
 * `whenUsed` answers in its own way, and goes first.
 * stale: the scope changed since the snapshot was taken, nothing was written; refresh it and evaluate again.
 */
export type CommitOutcome = 'committed' | 'replayed' | 'stale' | UsedProof;

/** A request as plain data that can cross a thread as text. */
export interface PreparedRequest {
  readonly attemptId: string;
  readonly scope: string;
  readonly expectedEpoch: number | null;
  readonly singleUse: readonly PreparedUse[];
  readonly inserts: readonly RowInsert[];
  readonly audit: AuditColumns;
}

export interface PreparedUse extends Omit<SingleUse, 'whenUsed'> {
  readonly whenUsed: UsedProof | null;
}
