import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@crossgrant/testkit';
import { afterAll, onTestFinished } from 'vitest';

export const root: string = join(import.meta.dirname, '..', '..', '..');

export interface WorldOnDisk {
  readonly directory: string;
  readonly file: string;
  /** Of the IdP, the authorization server, the MCP server and the sample app. */
  readonly ports: readonly [number, number, number, number];
}

/** Registers what ends a fixture: with the test, or with the file when the fixture is made in `beforeAll`. */
export type AtEnd = (end: () => unknown) => void;

export const withTest: AtEnd = (end) => void onTestFinished(async () => void (await end()));

/** For fixtures of a whole file. Made while the file is collected, it ends them in reverse order after the last test. */
export function withFile(): AtEnd {
  const ends: (() => unknown)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return (end) => void ends.push(end);
}

/** The default world on free ports and with data of its own; removed at the end. */
export async function defaultWorld(atEnd: AtEnd = withTest): Promise<WorldOnDisk> {
  const ports = (await freePorts(4)) as unknown as WorldOnDisk['ports'];
  const text = readFileSync(join(root, 'worlds/default.yaml'), 'utf8').replace(
    /127\.0\.0\.1:470([1-4])/g,
    (_, place: string) => `127.0.0.1:${ports[Number(place) - 1]}`,
  );
  return worldOf(text, ports, atEnd);
}

/** A world of this text; `./data` becomes a directory of its own. */
export function worldOf(
  text: string,
  ports: WorldOnDisk['ports'] = [0, 0, 0, 0],
  atEnd: AtEnd = withTest,
): WorldOnDisk {
  const directory = mkdtempSync(join(tmpdir(), 'crossgrant-world-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'world.yaml');
  writeFileSync(file, text.replaceAll('./data', join(directory, 'data')));
  return { directory, file, ports };
}

export interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly milliseconds: number;
}

export interface RunningCommand {
  /** Resolves with all output as soon as it holds the text; rejects when the command ends first. */
  until(text: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<Run>;
}

export const startScript = 'packages/world/src/main.ts';
export const commandScript = 'packages/cli/src/main.ts';

/** Runs a script of the repository as a process of its own; it is ended at the end. */
export function run(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  atEnd: AtEnd = withTest,
): RunningCommand {
  const started = performance.now();
  const child = spawn(process.execPath, ['--conditions=@crossgrant/source', join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const waiting: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<Run>((resolve) =>
    child.once('close', (code) => resolve({ code, output, milliseconds: performance.now() - started })),
  );
  atEnd(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  });
  return {
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve(output);
        };
        waiting.push(look);
        look();
        void ended.then(() =>
          reject(new Error(`The command ended before it printed ${JSON.stringify(text)}:\n${output}`)),
        );
      }),
    signal: (name) => void child.kill(name),
    ended,
  };
}
