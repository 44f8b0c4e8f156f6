import { hash, randomUUID } from 'node:crypto';
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

/** What the hash of a row covers, in this order. */
const hashedColumns = [
  'writer',
  'sequence',
  'previous_hash',
  'id',
  'scope',
  'at',
  'kind',
  'outcome',
  'code',
  'client',
  'audience',
  'resource',
  'scopes_requested',
  'scopes_granted',
  'rule_ids',
  'jti',
  'facts',
  'personal_ref',
] as const satisfies readonly (keyof AuditRow)[];

export const auditRowColumns: readonly (keyof AuditRow)[] = [...hashedColumns, 'canonical', 'hash'];

export const personalRowColumns: readonly (keyof PersonalRow)[] = [
  'ref',
  'salt',
  'audit_id',
  'scope',
  'at',
  'person',
  'username',
  'email',
  'address',
];

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
): { row: AuditRow; personal: PersonalRow | undefined; next: ChainState } {
  const { personal, ...chained } = columns;
  const personalRow = personal === null ? undefined : referencePersonal(personal, columns);
  const sequence = state.sequence + 1;
  const unsealed = {
    ...chained,
    writer: state.writer,
    sequence,
    previous_hash: state.hash,
    personal_ref: personalRow?.ref ?? null,
  };
  const canonical = canonicalBytes(unsealed);
  const hash = sha256(canonical);
  return {
    row: Object.assign(unsealed, { canonical, hash }),
    personal: personalRow,
    next: { writer: state.writer, sequence, hash },
  };
}

/** The bytes that are hashed: a version tag and every column in fixed order, each length-prefixed, so no two rows share them. */
export function canonicalBytes(row: Omit<AuditRow, 'canonical' | 'hash'>): Uint8Array {
  return lengthPrefixed(['crossgrant-audit-1', ...hashedColumns.map((column) => row[column])]);
}

/** Whether this is the personal data that an audit row refers to, unchanged. */
export function isPersonOf(reference: string, row: Pick<PersonalRow, 'salt'> & PersonalColumns): boolean {
  return reference.slice(reference.indexOf('.') + 1) === personalHash(row.salt, row);
}

/** The salted hash, behind the instant: an index of references then grows at its end. */
function personalReference(salt: string, personal: PersonalColumns, at: number): string {
  return `${at.toString(36)}.${personalHash(salt, personal)}`;
}

function personalHash(salt: string, { person, username, email, address }: PersonalColumns): string {
  return sha256(lengthPrefixed([salt, person, username, email, address]));
}

export function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}

function referencePersonal(personal: PersonalColumns, columns: AuditColumns): PersonalRow {
  const salt = randomUUID();
  return {
    ref: personalReference(salt, personal, columns.at),
    salt,
    audit_id: columns.id,
    scope: columns.scope,
    at: columns.at,
    ...personal,
  };
}

/** Each value as four bytes of length and its text; the length of null is all ones. */
function lengthPrefixed(values: readonly (string | number | null)[]): Buffer {
  const texts = values.map((value) => (value === null ? null : String(value)));
  const size = texts.reduce((sum, text) => sum + 4 + (text === null ? 0 : Buffer.byteLength(text)), 0);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const text of texts) {
    const length = text === null ? 0 : bytes.write(text, at + 4);
    bytes.writeUInt32BE(text === null ? 0xffffffff : length, at);
    at += 4 + length;
  }
  return bytes;
}
