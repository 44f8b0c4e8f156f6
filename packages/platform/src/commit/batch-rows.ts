import type { AuditColumns } from '../audit/audit-entry.ts';
import { auditRowColumns, type ChainState, chainRow, personalRowColumns } from '../audit/chain.ts';
import type { CommitOutcome, PreparedRequest, RowInsert, SqlValue } from './commit-request.ts';

/** Rows of one table with one column list, ready for one statement. */
export interface RowGroup {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** Everything a decided batch writes: the rows of the winners, their audit rows, and the chain after them. */
export function batchRows(
  requests: readonly PreparedRequest[],
  outcomes: readonly CommitOutcome[],
  chain: ChainState,
): { groups: readonly RowGroup[]; chain: ChainState } {
  const winners = requests.filter((_, index) => outcomes[index] === 'committed');
  const audited = auditGroups(
    winners.map(({ audit }) => audit),
    chain,
  );
  return { groups: [...groupRows(winners.flatMap(({ inserts }) => inserts)), ...audited.groups], chain: audited.chain };
}

/** The audit rows of several entries, chained in order. */
export function auditGroups(
  entries: readonly AuditColumns[],
  chain: ChainState,
): { groups: readonly RowGroup[]; chain: ChainState } {
  const rows: (readonly SqlValue[])[] = [];
  const people: (readonly SqlValue[])[] = [];
  let state = chain;
  for (const entry of entries) {
    const chained = chainRow(state, entry);
    const { row, personal } = chained;
    rows.push(auditRowColumns.map((column) => row[column]));
    if (personal !== undefined) people.push(personalRowColumns.map((column) => personal[column]));
    state = chained.next;
  }
  const groups = [
    { table: 'audit_rows', columns: auditRowColumns, rows },
    { table: 'audit_personal', columns: personalRowColumns, rows: people },
  ];
  return { groups: groups.filter((group) => group.rows.length > 0), chain: state };
}

/** Groups rows by table and column list. */
function groupRows(inserts: readonly RowInsert[]): readonly RowGroup[] {
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
