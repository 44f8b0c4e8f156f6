import { randomBytes } from 'node:crypto';
import { type AuditEntry, auditColumns } from '../audit/audit-entry.ts';
import { StoreUnavailable } from '../errors.ts';
import type { CommitOutcome, CommitRequest, PreparedRequest, PreparedUse, SingleUse } from './commit-request.ts';
import { storableKey } from './storable-key.ts';

/** Makes one batch durable in one transaction. Throws StoreUnavailable, or any error when the batch itself is unacceptable. */
export interface BatchRunner {
  run(requests: readonly PreparedRequest[]): Promise<readonly CommitOutcome[]>;
  close(): Promise<void>;
}

export interface CommitQueue {
  /** Resolves only when the outcome is durable. Throws StoreUnavailable when that takes too long or the queue is full. */
  commit(request: CommitRequest): Promise<CommitOutcome>;
  /** One audit row that accompanies no commit. */
  audit(entry: AuditEntry): Promise<void>;
}

export interface OwnedCommitQueue extends CommitQueue {
  close(): Promise<void>;
}

interface Waiting {
  readonly request: PreparedRequest;
  readonly since: number;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** A batch of this size no longer waits for more: the next one fills while it is made durable. */
const batchWorthLeaving = 16;

/**
 * Group commit: requests that arrive while a commit is in flight share the next one, so the cost of making things
 * durable is paid once per batch. A request that cannot be written fails alone, never its neighbours.
 */
export function createCommitQueue(
  runner: BatchRunner,
  options: { maxQueued?: number; maxBatch?: number; patienceMs?: number } = {},
): OwnedCommitQueue {
  const { maxQueued = 10_000, maxBatch = 512, patienceMs = 5_000 } = options;
  let waiting: Waiting[] = [];
  let inFlight: readonly Waiting[] = [];
  let running: Promise<void> | undefined;
  let isClosed = false;
  const attemptId = attemptNumbers();

  const watch = setInterval(rejectOverdue, Math.min(250, patienceMs));
  watch.unref();

  function rejectOverdue(): void {
    const oldest = performance.now() - patienceMs;
    for (const item of inFlight) {
      if (item.since < oldest) item.reject(new StoreUnavailable('the database did not answer in time'));
    }
    while (waiting[0] !== undefined && waiting[0].since < oldest) {
      waiting.shift()?.reject(new StoreUnavailable('the database did not answer in time'));
    }
  }

  /** Requests that are being decided at this moment may still join: a batch leaves when a turn of the loop brings none. */
  async function gather(): Promise<void> {
    let before: number;
    do {
      before = waiting.length;
      await nextTurn();
    } while (waiting.length > before && waiting.length < batchWorthLeaving);
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      await gather();
      inFlight = waiting.slice(0, maxBatch);
      waiting = waiting.slice(maxBatch);
      await settle(runner, inFlight);
      inFlight = [];
    }
    running = undefined;
  }

  function enqueue(request: PreparedRequest): Promise<CommitOutcome> {
    if (isClosed) return Promise.reject(new StoreUnavailable('the database is closed'));
    if (waiting.length >= maxQueued) return Promise.reject(new StoreUnavailable('too many commits are waiting'));
    return new Promise((resolve, reject) => {
      waiting.push({ request, since: performance.now(), resolve, reject });
      running ??= drain();
    });
  }

  async function audit(entry: AuditEntry): Promise<void> {
    await enqueue(prepare({ scope: entry.scope, expectedEpoch: null, audit: entry }, attemptId()));
  }

  return {
    async commit(request) {
      const outcome = await enqueue(prepare(request, attemptId()));
      const lost = outcome === 'committed' ? undefined : auditOfLoser(request, outcome);
      if (lost !== undefined) await audit(lost);
      return outcome;
    },
    audit,
    async close() {
      isClosed = true;
      await running;
      clearInterval(watch);
      await runner.close();
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function settle(runner: BatchRunner, batch: readonly Waiting[]): Promise<void> {
  try {
    const outcomes = await runner.run(batch.map((item) => item.request));
    for (const [index, item] of batch.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) item.reject(new Error('a commit has no outcome'));
      else item.resolve(outcome);
    }
  } catch (error) {
    if (error instanceof StoreUnavailable || batch.length === 1) {
      for (const item of batch) item.reject(error);
      return;
    }
    for (const item of batch) await settle(runner, [item]);
  }
}

/** A commit's losers wrote nothing; that they lost is a row of its own, durable before the answer as well. */
function auditOfLoser(request: CommitRequest, outcome: CommitOutcome): AuditEntry | undefined {
  if (outcome === 'replayed') return request.auditWhenReplayed;
  return request.singleUse?.find(({ whenUsed }) => whenUsed?.outcome === outcome)?.whenUsed?.audit;
}

/** Names of attempts, distinct among all processes and all commits of one. */
function attemptNumbers(): () => string {
  const process = randomBytes(12).toString('base64url');
  let count = 0;
  return () => `${process}.${++count}`;
}

function prepare(request: CommitRequest, attemptId: string): PreparedRequest {
  return {
    attemptId,
    scope: request.scope,
    expectedEpoch: request.expectedEpoch,
    singleUse: (request.singleUse ?? []).map(prepareUse),
    inserts: request.inserts ?? [],
    audit: auditColumns(request.audit),
  };
}

function prepareUse({ kind, scope, key, keepUntil, whenUsed }: SingleUse): PreparedUse {
  return { kind, scope, key: storableKey(key), keepUntil, whenUsed: whenUsed?.outcome ?? null };
}
