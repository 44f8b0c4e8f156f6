import { createHash, randomBytes } from 'node:crypto';
import type { AuditColumns, PersonalColumns } from './audit-entry.ts';

/** Where one writer's chain stands. Each process start is a writer of its own, so chains never fork. */
export interface ChainState {
  readonly writer: string;
  readonly sequence: number;
  readonly hash: string;
}

type ChainedColumns = Omit<AuditColumns, 'personal'>;

export interface AuditRow extends ChainedColumns {
  readonly writer: string;
  readonly sequence: number;
  readonly previous_hash: string;
  readonly personal_ref: string | null;
  readonly canonical: Uint8Array;
  readonly hash: string;
}

export interface PersonalRow extends PersonalColumns {
  readonly ref: string;
  readonly salt: string;
  readonly audit_id: string;
  readonly scope: string;
  readonly at: number;
}

export const emptyHash: string = '0'.repeat(64);

export function startChain(writer: string): ChainState {
  return { writer, sequence: 0, hash: emptyHash };
}

/**
 * The next row of a writer's chain. Its hash covers every column and the previous row's hash; personal data is
 * covered through a salted hash only, so erasing it later breaks nothing.
 */
export function chainRow(
  state: ChainState,
  columns: AuditColumns,
): { row: AuditRow; personal?: PersonalRow; next: ChainState } {
  const { personal, ...chained } = columns;
  const personalRow = personal === null ? undefined : referencePersonal(personal, columns);
  const unsealed = {
    ...chained,
    writer: state.writer,
    sequence: state.sequence + 1,
    previous_hash: state.hash,
    personal_ref: personalRow?.ref ?? null,
  };
  const canonical = canonicalBytes(unsealed);
  const hash = sha256(canonical);
  return {
    row: { ...unsealed, canonical, hash },
    ...(personalRow === undefined ? {} : { personal: personalRow }),
    next: { writer: state.writer, sequence: unsealed.sequence, hash },
  };
}

/** The bytes that are hashed: a version tag and every column in fixed order, each length-prefixed, so no two rows share them. */
export function canonicalBytes(row: Omit<AuditRow, 'canonical' | 'hash'>): Uint8Array {
  return lengthPrefixed([
    'crossgrant-audit-1',
    row.writer,
    row.sequence,
    row.previous_hash,
    row.id,
    row.scope,
    row.at,
    row.kind,
    row.outcome,
    row.code,
    row.client,
    row.audience,
    row.resource,
    row.scopes_requested,
    row.scopes_granted,
    row.rule_ids,
    row.jti,
    row.facts,
    row.personal_ref,
  ]);
}

/** The salted hash by which an audit row refers to personal data. */
export function personalReference(salt: string, personal: PersonalColumns): string {
  return sha256(lengthPrefixed([salt, personal.person, personal.username, personal.email, personal.address]));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function referencePersonal(personal: PersonalColumns, columns: AuditColumns): PersonalRow {
  const salt = randomBytes(16).toString('hex');
  return {
    ref: personalReference(salt, personal),
    salt,
    audit_id: columns.id,
    scope: columns.scope,
    at: columns.at,
    ...personal,
  };
}

function lengthPrefixed(values: readonly (string | number | null)[]): Buffer {
  const parts: Buffer[] = [];
  for (const value of values) {
    const length = Buffer.alloc(4);
    if (value === null) {
      length.writeUInt32BE(0xffffffff);
      parts.push(length);
      continue;
    }
    const bytes = Buffer.from(String(value), 'utf8');
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
