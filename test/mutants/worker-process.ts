import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunAnswer, RunRequest } from './worker.ts';
import { copyWorkspace } from './workspace.ts';

/** A copy of the repository with a test runner that stays up; a run that hangs ends with its process. */
export interface MutantWorker {
  readonly testFiles: readonly string[];
  run(request: RunRequest, timeoutMilliseconds: number): Promise<RunAnswer | 'timeout'>;
  close(): Promise<void>;
}

export async function startMutantWorker(folder: string): Promise<MutantWorker> {
  await copyWorkspace(folder);
  let current = await startProcess(folder);
  return {
    testFiles: current.testFiles,
    async run(request, timeoutMilliseconds) {
      const answer = await ask(current.child, request, timeoutMilliseconds);
      const isUp = current.child.exitCode === null && current.child.signalCode === null;
      if (answer !== 'timeout' && isUp) return answer;
      await stop(current.child);
      if (request.replace !== undefined) await writeFile(join(folder, request.replace.file), request.replace.original);
      current = await startProcess(folder);
      return answer;
    },
    close: () => stop(current.child),
  };
}

async function startProcess(folder: string): Promise<{ child: ChildProcess; testFiles: readonly string[] }> {
  const bin = join(folder, 'node_modules', '.bin');
  const child = spawn(process.execPath, ['--conditions=@crossgrant/source', 'test/mutants/worker.ts'], {
    cwd: folder,
    detached: true,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, CROSSGRANT_MUTANTS: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const log = createWriteStream(join(folder, 'worker.log'), { flags: 'a' });
  child.stdout!.pipe(log, { end: false });
  child.stderr!.pipe(log, { end: false });
  const testFiles = await new Promise<readonly string[]>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { ready: readonly string[] }).ready));
    child.once('exit', () => reject(new Error(`the test runner in ${folder} did not start; see worker.log there`)));
  });
  return { child, testFiles };
}

function ask(child: ChildProcess, request: RunRequest, timeoutMilliseconds: number): Promise<RunAnswer | 'timeout'> {
  return new Promise((resolve) => {
    const finish = (answer: RunAnswer | 'timeout'): void => {
      clearTimeout(timer);
      child.off('message', finish);
      child.off('exit', onExit);
      resolve(answer);
    };
    const onExit = (): void => finish({ modules: [], error: 'the test runner ended' });
    const timer = setTimeout(() => finish('timeout'), timeoutMilliseconds);
    child.once('message', finish);
    child.once('exit', onExit);
    child.send(request);
  });
}

/** The worker leads its own process group: servers that its tests started end with it. */
async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  await ended;
}
