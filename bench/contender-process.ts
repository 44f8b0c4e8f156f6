import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ContenderStart, Target, Usage } from './scenario.ts';

/** One server in a process of its own, on a core of its own where the machine has two. */
export interface Contender {
  readonly name: string;
  readonly target: Target;
  usage(): Promise<Usage>;
  close(): Promise<void>;
}

/** Whether servers can be kept apart from the load by pinning them to the first core. */
export const canPin: boolean = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Keeps this process, which makes the load, off the core of the servers. */
export function pinLoad(): void {
  if (canPin) spawnSync('taskset', ['-c', '-p', '1', String(process.pid)]);
}

/** The command line that runs a file of the bench on the servers' core. */
export function pinnedNode(file: string, args: readonly string[], nodeOptions: readonly string[] = []): string[] {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const node = [process.execPath, '--conditions=@crossgrant/source', ...nodeOptions, path, ...args];
  return canPin ? ['taskset', '-c', '0', ...node] : node;
}

/** All contenders keep their compiled code between starts, as our servers do. */
const environment = {
  ...process.env,
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/crossgrant', import.meta.url)),
};

/** Starts a contender and waits until it listens. */
export async function startContender(name: string, start: ContenderStart, profileFolder?: string): Promise<Contender> {
  const nodeOptions = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(profileFolder, name)}`];
  const [command = '', ...args] = pinnedNode(`./contenders/${name}.ts`, [JSON.stringify(start)], nodeOptions);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], env: environment });
  const target = (await answerOf(child)) as Target;
  return {
    name,
    target,
    async usage() {
      child.send('usage');
      return (await answerOf(child)) as Usage;
    },
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.send('close');
      await ended;
    },
  };
}

function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => reject(new Error(`a contender ended with ${code} before it answered`));
    child.once('exit', ended);
    child.once('error', reject);
    child.once('message', (message) => {
      child.off('exit', ended);
      child.off('error', reject);
      resolve(message);
    });
  });
}
