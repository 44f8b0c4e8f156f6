import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface RunningChild {
  readonly process: ChildProcess;
  /** Lines seen so far. */
  readonly lines: readonly string[];
  /** All lines, once the process is gone. */
  readonly ended: Promise<readonly string[]>;
}

/** Starts the program beside this file in a process of its own. */
export function runChild(args: readonly string[]): RunningChild {
  const program = fileURLToPath(new URL('./child-program.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@crossgrant/source', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = new Promise<readonly string[]>((resolve) => {
    reader.on('close', () => resolve(lines));
  });
  return { process: child, lines, ended };
}
