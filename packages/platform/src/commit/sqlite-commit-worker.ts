import { parentPort, workerData } from 'node:worker_threads';
import { isFileFault, openSqliteFile } from '../database/sqlite-file.ts';
import type { CommitOutcome, PreparedRequest } from './commit-request.ts';
import { createSqliteBatches } from './sqlite-batch.ts';

export interface WorkerStart {
  readonly path: string;
  readonly writer: string;
}

export type WorkerRequest =
  /** The requests as JSON text: one string crosses a thread faster than a hundred small objects. */
  | { readonly act: 'run'; readonly requests: string }
  | { readonly act: 'sweep'; readonly before: number; readonly limit: number }
  | { readonly act: 'close' };

export type WorkerReply =
  | { readonly outcomes: readonly CommitOutcome[] }
  | { readonly swept: number }
  | { readonly closed: true }
  | { readonly failure: string; readonly isFileFault: boolean };

const port = parentPort;
if (port !== null) {
  const { path, writer } = workerData as WorkerStart;
  const database = openSqliteFile(path, 5_000);
  const batches = createSqliteBatches(database, writer);

  const answer = (request: WorkerRequest): WorkerReply => {
    if (request.act === 'run') return { outcomes: batches.run(JSON.parse(request.requests) as PreparedRequest[]) };
    if (request.act === 'sweep') return { swept: batches.sweep(request.before, request.limit) };
    database.close();
    return { closed: true };
  };

  port.on('message', (request: WorkerRequest) => {
    let reply: WorkerReply;
    try {
      reply = answer(request);
    } catch (error) {
      reply = { failure: error instanceof Error ? error.message : String(error), isFileFault: isFileFault(error) };
    }
    port.postMessage(reply);
    if (request.act === 'close') port.close();
  });
}
