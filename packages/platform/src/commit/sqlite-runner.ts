import { Worker } from 'node:worker_threads';
import type { Sweep } from '../database/maintenance.ts';
import { StoreUnavailable } from '../errors.ts';
import type { BatchRunner } from './commit-queue.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './sqlite-commit-worker.ts';

export interface SweepingRunner extends BatchRunner {
  readonly sweep: Sweep;
}

/**
 * Group commit in a worker thread with its own connection, so that waiting for the disk never stops the event loop.
 * Messages are answered in order. A worker that dies fails what it held and is replaced at the next commit.
 */
export function createSqliteRunner(start: WorkerStart): SweepingRunner {
  let thread:
    | { worker: Worker; pending: { resolve(reply: WorkerReply): void; reject(error: unknown): void }[] }
    | undefined;

  function startThread(): NonNullable<typeof thread> {
    const started: NonNullable<typeof thread> = {
      worker: new Worker(workerFile(), { workerData: start }),
      pending: [],
    };
    const fail = (error: unknown): void => {
      if (thread === started) thread = undefined;
      for (const call of started.pending.splice(0))
        call.reject(new StoreUnavailable('the commit thread stopped', { cause: error }));
    };
    started.worker.on('message', (reply: WorkerReply) => started.pending.shift()?.resolve(reply));
    started.worker.on('error', fail);
    started.worker.on('exit', fail);
    started.worker.unref();
    return started;
  }

  async function ask(request: WorkerRequest): Promise<WorkerReply> {
    thread ??= startThread();
    const { worker, pending } = thread;
    worker.ref();
    try {
      const reply = await new Promise<WorkerReply>((resolve, reject) => {
        pending.push({ resolve, reject });
        worker.postMessage(request);
      });
      if (!('failure' in reply)) return reply;
      throw reply.isFileFault ? new StoreUnavailable(reply.failure) : new Error(reply.failure);
    } finally {
      if (pending.length === 0) worker.unref();
    }
  }

  return {
    async run(requests) {
      const reply = await ask({ act: 'run', requests: JSON.stringify(requests) });
      return 'outcomes' in reply ? reply.outcomes : [];
    },
    async sweep(before, limit) {
      const reply = await ask({ act: 'sweep', before, limit });
      return 'swept' in reply ? reply.swept : 0;
    },
    async close() {
      if (thread === undefined) return;
      const { worker } = thread;
      await ask({ act: 'close' });
      await worker.terminate();
    },
  };
}

function workerFile(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./sqlite-commit-worker.${extension}`, import.meta.url);
}
