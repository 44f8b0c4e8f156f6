import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type ChainState, startChain } from '../audit/chain.ts';
import { createPostgresPool, postgresSettings } from '../database/postgres-pool.ts';
import { scopeLock } from '../database/scope-lock.ts';
import { isLostRace, isStoreFault } from '../database/store-fault.ts';
import { StoreUnavailable } from '../errors.ts';
import { batchRows, quoteName, type RowGroup } from './batch-rows.ts';
import type { BatchRunner } from './commit-queue.ts';
import type { CommitOutcome, PreparedRequest, SqlValue } from './commit-request.ts';
import { collectClaims, decideOutcomes, findStale, type KeyClaim } from './decide-outcomes.ts';

interface Attempt {
  readonly outcomes: readonly CommitOutcome[];
  readonly chain: ChainState;
}

/**
 * Group commit on PostgreSQL: one transaction per batch on a connection of its own. A lost connection is replaced for as
 * long as the patience lasts; when the answer to COMMIT is lost, the batch's last audit row tells whether it arrived.
 */
export function createPostgresRunner(options: { url: string; writer: string; patienceMs?: number }): BatchRunner {
  const { url, writer, patienceMs = 5_000 } = options;
  const settings = { ...postgresSettings(url), max: 1, query_timeout: patienceMs + 1_000 };
  const pool = createPostgresPool(settings, () => undefined);
  let chain: ChainState | undefined;

  async function attempt(
    client: pg.PoolClient,
    requests: readonly PreparedRequest[],
    sending: (sent: Attempt) => void,
  ): Promise<Attempt> {
    await begin(client, requests, patienceMs);
    chain ??= await readChain(client, writer);
    const stale = findStale(requests, await lockEpochs(client, requests));
    const claims = collectClaims(requests, stale);
    const { outcomes, unused } = decideOutcomes(requests, stale, claims, await insertClaims(client, claims));
    await releaseClaims(client, unused);
    const written = batchRows(requests, outcomes, chain);
    for (const group of written.groups) await insertRows(client, group);
    const sent = { outcomes, chain: written.chain };
    sending(sent);
    await client.query('COMMIT');
    return sent;
  }

  async function runOnce(
    requests: readonly PreparedRequest[],
    uncertain: { sent?: Attempt },
  ): Promise<readonly CommitOutcome[]> {
    const client = await pool.connect();
    let isHealthy = false;
    try {
      if (uncertain.sent !== undefined && (await hasArrived(client, uncertain.sent.chain))) {
        isHealthy = true;
        return uncertain.sent.outcomes;
      }
      uncertain.sent = undefined;
      const done = await attempt(client, requests, (sent) => {
        uncertain.sent = sent;
      });
      chain = done.chain;
      isHealthy = true;
      return done.outcomes;
    } catch (error) {
      chain = undefined;
      if (!isStoreFault(error)) {
        uncertain.sent = undefined;
        await client.query('ROLLBACK');
        isHealthy = true;
      }
      throw error;
    } finally {
      client.release(!isHealthy);
    }
  }

  return {
    async run(requests) {
      const deadline = performance.now() + patienceMs;
      const uncertain: { sent?: Attempt } = {};
      for (;;) {
        try {
          return await runOnce(requests, uncertain);
        } catch (error) {
          if (!isStoreFault(error) && !isLostRace(error)) throw error;
          if (performance.now() > deadline)
            throw new StoreUnavailable('the database is out of reach', { cause: error });
          await sleep(isLostRace(error) ? 5 : 100);
        }
      }
    },
    close: () => pool.end(),
  };
}

/** Opens the transaction and takes the scopes' locks in one message, in one global order. */
async function begin(client: pg.PoolClient, requests: readonly PreparedRequest[], patienceMs: number): Promise<void> {
  const locks = [...new Set(requests.filter(hasEpoch).map((request) => scopeLock(request.scope)))].sort();
  const statements = [
    'BEGIN',
    `SET LOCAL statement_timeout = ${patienceMs}`,
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
    ...locks.map((lock) => `SELECT pg_advisory_xact_lock_shared(${lock})`),
  ];
  await client.query(statements.join('; '));
}

/** Reads the epochs under a lock that a change must wait for. A scope without a row gets one, so that there is something to lock. */
async function lockEpochs(
  client: pg.PoolClient,
  requests: readonly PreparedRequest[],
): Promise<ReadonlyMap<string, number>> {
  const scopes = [...new Set(requests.filter(hasEpoch).map((request) => request.scope))].sort();
  const epochs = new Map<string, number>();
  if (scopes.length === 0) return epochs;
  const read = async (): Promise<void> => {
    const text = 'SELECT scope, epoch FROM revocation_epochs WHERE scope = ANY($1::text[]) ORDER BY scope FOR SHARE';
    for (const row of (await client.query<{ scope: string; epoch: number }>(text, [scopes])).rows)
      epochs.set(row.scope, row.epoch);
  };
  await read();
  const missing = scopes.filter((scope) => !epochs.has(scope));
  if (missing.length > 0) {
    const text =
      'INSERT INTO revocation_epochs (scope, epoch) SELECT scope, 0 FROM unnest($1::text[]) AS scope ON CONFLICT DO NOTHING';
    await client.query(text, [missing]);
    await read();
  }
  return epochs;
}

async function insertClaims(client: pg.PoolClient, claims: readonly KeyClaim[]): Promise<ReadonlySet<string>> {
  if (claims.length === 0) return new Set();
  const text = `INSERT INTO single_use (kind, scope, key, attempt_id, keep_until)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) ON CONFLICT DO NOTHING RETURNING attempt_id`;
  const { rows } = await client.query<{ attempt_id: string }>(text, [
    claims.map((claim) => claim.kind),
    claims.map((claim) => claim.scope),
    claims.map((claim) => claim.key),
    claims.map((claim) => claim.attemptId),
    claims.map((claim) => claim.keepUntil),
  ]);
  return new Set(rows.map((row) => row.attempt_id));
}

async function releaseClaims(client: pg.PoolClient, unused: readonly KeyClaim[]): Promise<void> {
  if (unused.length === 0) return;
  const text =
    'DELETE FROM single_use WHERE (attempt_id, key) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND key = ANY($2::text[])';
  await client.query(text, [unused.map((claim) => claim.attemptId), unused.map((claim) => claim.key)]);
}

async function insertRows(client: pg.PoolClient, group: RowGroup): Promise<void> {
  const head = `INSERT INTO ${quoteName(group.table)} (${group.columns.map(quoteName).join(', ')}) VALUES `;
  const size = Math.max(1, Math.floor(30_000 / group.columns.length));
  for (let start = 0; start < group.rows.length; start += size) {
    const values: SqlValue[] = [];
    const places = group.rows
      .slice(start, start + size)
      .map((row) => `(${row.map((value) => `$${values.push(value)}`).join(', ')})`);
    await client.query(head + places.join(', '), values);
  }
}

async function readChain(client: pg.PoolClient, writer: string): Promise<ChainState> {
  const text = 'SELECT sequence, hash FROM audit_rows WHERE writer = $1 ORDER BY sequence DESC LIMIT 1';
  const row = (await client.query<{ sequence: number; hash: string }>(text, [writer])).rows[0];
  return row === undefined ? startChain(writer) : { writer, ...row };
}

async function hasArrived(client: pg.PoolClient, chain: ChainState): Promise<boolean> {
  const text = 'SELECT 1 FROM audit_rows WHERE writer = $1 AND sequence = $2 AND hash = $3';
  return (await client.query(text, [chain.writer, chain.sequence, chain.hash])).rows.length > 0;
}

function hasEpoch(request: PreparedRequest): boolean {
  return request.expectedEpoch !== null;
}
