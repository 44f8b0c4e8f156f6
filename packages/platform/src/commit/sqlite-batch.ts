import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type ChainState, startChain } from '../audit/chain.ts';
import { batchRows, quoteName, type RowGroup } from './batch-rows.ts';
import type { CommitOutcome, PreparedRequest } from './commit-request.ts';
import { collectClaims, decideOutcomes, findStale, type KeyClaim } from './decide-outcomes.ts';

/** Runs batches on one connection; the audit chain of its writer lives here. Synchronous: meant for a worker thread. */
export interface SqliteBatches {
  run(requests: readonly PreparedRequest[]): readonly CommitOutcome[];
  /** Removes single-use records whose time has passed, a few at a time. Returns how many. */
  sweep(before: number, limit: number): number;
}

export function createSqliteBatches(database: DatabaseSync, writer: string): SqliteBatches {
  const statements = new Map<string, StatementSync>();
  const prepare = (text: string): StatementSync => {
    const statement = statements.get(text) ?? database.prepare(text);
    statements.set(text, statement);
    return statement;
  };
  let chain: ChainState | undefined;

  return {
    run(requests) {
      database.exec('BEGIN IMMEDIATE');
      try {
        chain ??= readChain(prepare, writer);
        const stale = findStale(requests, readEpochs(prepare, requests));
        const claims = collectClaims(requests, stale);
        const { outcomes, unused } = decideOutcomes(requests, stale, claims, insertClaims(prepare, claims));
        for (const claim of unused)
          prepare('DELETE FROM single_use WHERE attempt_id = ? AND key = ?').run(claim.attemptId, claim.key);
        const written = batchRows(requests, outcomes, chain);
        for (const group of written.groups) insertRows(prepare, group);
        database.exec('COMMIT');
        chain = written.chain;
        return outcomes;
      } catch (error) {
        chain = undefined;
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    sweep(before, limit) {
      const text = 'DELETE FROM single_use WHERE rowid IN (SELECT rowid FROM single_use WHERE keep_until < ? LIMIT ?)';
      return Number(prepare(text).run(before, limit).changes);
    },
  };
}

type Prepare = (text: string) => StatementSync;

function readChain(prepare: Prepare, writer: string): ChainState {
  const row = prepare('SELECT sequence, hash FROM audit_rows WHERE writer = ? ORDER BY sequence DESC LIMIT 1').get(
    writer,
  );
  return row === undefined ? startChain(writer) : { writer, sequence: Number(row.sequence), hash: String(row.hash) };
}

function readEpochs(prepare: Prepare, requests: readonly PreparedRequest[]): ReadonlyMap<string, number> {
  const epochs = new Map<string, number>();
  for (const { scope } of requests) {
    if (epochs.has(scope)) continue;
    const row = prepare('SELECT epoch FROM revocation_epochs WHERE scope = ?').get(scope);
    epochs.set(scope, row === undefined ? 0 : Number(row.epoch));
  }
  return epochs;
}

function insertClaims(prepare: Prepare, claims: readonly KeyClaim[]): ReadonlySet<string> {
  const statement = prepare(
    'INSERT INTO single_use (kind, scope, key, attempt_id, keep_until) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING attempt_id',
  );
  const inserted = new Set<string>();
  for (const claim of claims) {
    const row = statement.get(claim.kind, claim.scope, claim.key, claim.attemptId, claim.keepUntil);
    if (row !== undefined) inserted.add(String(row.attempt_id));
  }
  return inserted;
}

function insertRows(prepare: Prepare, group: RowGroup): void {
  const columns = group.columns.map(quoteName).join(', ');
  const places = group.columns.map(() => '?').join(', ');
  const statement = prepare(`INSERT INTO ${quoteName(group.table)} (${columns}) VALUES (${places})`);
  for (const row of group.rows) statement.run(...row);
}
