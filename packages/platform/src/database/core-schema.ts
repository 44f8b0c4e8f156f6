import type { GeneratedAlways } from 'kysely';
import type { AuditRow, PersonalRow } from '../audit/chain.ts';

export interface RevocationEpochRow {
  scope: string;
  epoch: number;
}

export interface SingleUseRow {
  kind: string;
  scope: string;
  key: string;
  attempt_id: string;
  keep_until: number;
}

/** What is stored. `next` becomes `active`, and `active` becomes `retired`, by the clock; see KeyPhase. */
export type KeyState = 'next' | 'active' | 'retired' | 'gone' | 'revoked';

export interface SigningKeyRow {
  kid: string;
  scope: string;
  purpose: string;
  alg: string;
  state: KeyState;
  /** Sealed; never in the clear. Empty once the key is gone or revoked. */
  private_jwk: string;
  public_jwk: string;
  created_at: number;
  not_before: number;
  retire_at: number | null;
}

/** The data key of the database, sealed under an encryption key. There are at most two: while one is exchanged. */
export interface DataKeyRow {
  slot: number;
  key_id: string;
  sealed: string;
  created_at: number;
}

export interface OutboxRow {
  position: GeneratedAlways<number>;
  id: string;
  scope: string;
  topic: string;
  payload: string;
  at: number;
}

export interface MigrationRow {
  name: string;
  applied_at: number;
}

/** The tables every Crossgrant database holds. */
export interface CoreSchema {
  revocation_epochs: RevocationEpochRow;
  single_use: SingleUseRow;
  audit_rows: { [Column in keyof AuditRow]: AuditRow[Column] };
  audit_personal: { [Column in keyof PersonalRow]: PersonalRow[Column] };
  signing_keys: SigningKeyRow;
  data_keys: DataKeyRow;
  outbox: OutboxRow;
  migrations: MigrationRow;
}
