import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tally } from './tally-reporter.ts';

/** One part of a run; its result counts tests, or counts as one check. */
export interface Step {
  readonly name: string;
  run(): Promise<Tally>;
}

const root = join(import.meta.dirname, '..', '..');

/** A tool that is green or red as a whole. */
export function checkStep(name: string, tool: string, ...args: readonly string[]): Step {
  return {
    name,
    async run() {
      const code = await spawnTool(tool, args, {});
      return code === 0
        ? { passed: 1, failed: 0 }
        : { passed: 0, failed: 1, failures: [`${name}: ${tool} exits with ${code}`] };
    },
  };
}

/** A vitest run; a crash of the runner itself counts as one failure. */
export function testStep(name: string, ...args: readonly string[]): Step {
  return {
    name,
    async run() {
      const folder = await mkdtemp(join(tmpdir(), 'crossgrant-tally-'));
      const tallyFile = join(folder, 'tally.json');
      const reporters = ['--reporter=default', '--reporter=./test/runner/tally-reporter.ts'];
      try {
        const code = await spawnTool('vitest', ['run', ...reporters, ...args], { CROSSGRANT_TALLY: tallyFile });
        const tally = await readFile(tallyFile, 'utf8').then(
          (text): Tally => JSON.parse(text),
          (): Tally => ({ passed: 0, failed: 1, failures: [`${name}: vitest left no count`] }),
        );
        if (code === 0 || tally.failed > 0) return tally;
        return { ...tally, failed: 1, failures: [`${name}: vitest exits with ${code}`] };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** Runs the steps one after the other; all of them run, so that one red step does not hide the next. */
export async function runSteps(steps: readonly Step[]): Promise<Tally> {
  let passed = 0;
  let failed = 0;
  const failures: string[] = [];
  for (const step of steps) {
    const began = Date.now();
    process.stdout.write(`\n▶ ${step.name}\n`);
    const tally = await step.run();
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    process.stdout.write(`${tally.failed === 0 ? '✓' : '✗'} ${step.name}: ${formatTally(tally)} (${seconds} s)\n`);
    passed += tally.passed;
    failed += tally.failed;
    failures.push(...(tally.failures ?? []));
  }
  return { passed, failed, failures };
}

export function formatTally(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed`;
}

function spawnTool(tool: string, args: readonly string[], extra: Record<string, string>): Promise<number> {
  const bin = join(root, 'node_modules', '.bin');
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, ...extra };
  const child = spawn(join(bin, tool), args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
