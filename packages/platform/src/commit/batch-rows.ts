import type { AuditColumns } from '../audit/audit-entry.ts';
import { type ChainState, chainRow } from '../audit/chain.ts';
import type { CommitOutcome, PreparedRequest, RowInsert, SqlValue } from './commit-request.ts';

/** Rows of one table with one column list, ready for one statement. */
export interface RowGroup {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Everything a decided batch writes: winners' rows, then the audit rows of winners and losers, and the chain after them. */
export function batchRows(
  requests: readonly PreparedRequest[],
  outcomes: readonly CommitOutcome[],
  chain: ChainState,
): { groups: readonly RowGroup[]; chain: ChainState } {
  const inserts: RowInsert[] = [];
  const entries: AuditColumns[] = [];
  for (const [index, request] of requests.entries()) {
    const outcome = outcomes[index];
    if (outcome === 'committed') {
      inserts.push(...request.inserts);
      entries.push(request.audit);
    }
    if (outcome === 'replayed' && request.auditWhenReplayed !== null) entries.push(request.auditWhenReplayed);
    const proof = request.singleUse.find(({ whenUsed }) => whenUsed?.outcome === outcome)?.whenUsed;
    if (proof) entries.push(proof.audit);
  }
  const audited = auditInserts(entries, chain);
  return { groups: groupRows([...inserts, ...audited.inserts]), chain: audited.chain };
}

/** The audit rows of several entries, chained in order. */
export function auditInserts(
  entries: readonly AuditColumns[],
  chain: ChainState,
): { inserts: RowInsert[]; chain: ChainState } {
  const inserts: RowInsert[] = [];
  let state = chain;
  for (const entry of entries) {
    const { row, personal, next } = chainRow(state, entry);
    inserts.push({ table: 'audit_rows', row: { ...row } });
    if (personal !== undefined) inserts.push({ table: 'audit_personal', row: { ...personal } });
    state = next;
  }
  return { inserts, chain: state };
}

/** Groups rows by table and column list. */
export function groupRows(inserts: readonly RowInsert[]): readonly RowGroup[] {
  const groups = new Map<string, { table: string; columns: string[]; rows: SqlValue[][] }>();
  for (const { table, row } of inserts) {
    const columns = Object.keys(row);
    const name = `${table} ${columns.join()}`;
    const group = groups.get(name) ?? { table, columns, rows: [] };
    groups.set(name, group);
    group.rows.push(columns.map((column) => row[column] ?? null));
  }
  return [...groups.values()];
}

/** A table or column name as SQL. Names come from code, never from requests; anything else is a programming error. */
export function quoteName(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new Error(`not a table or column name: ${JSON.stringify(name)}`);
  return `"${name}"`;
}
