import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, startContender } from './contender-process.ts';
import { sendAll } from './load.ts';
import { makeKeys, type RequestMaker, requestMaker } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { median, percentile } from './statistics.ts';

export interface Pace {
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly warmUpSeconds: number;
  /** Sent at least, however long it takes: fewer would be measured before they are compiled. */
  readonly warmUpRequests: number;
  /** Writes a CPU profile of every contender there. */
  readonly profileFolder?: string;
}

/** What one contender did, round by round. */
export interface Series {
  readonly name: string;
  readonly perSecond: readonly number[];
  readonly cpuMicroseconds: readonly number[];
  readonly p99Ms: number;
  readonly residentMegabytes: number;
  readonly errors: number;
}

interface Runner {
  readonly contender: Contender;
  readonly make: RequestMaker;
  readonly perSecond: number[];
  readonly cpuMicroseconds: number[];
  readonly p99Ms: number[];
  residentMegabytes: number;
  errors: number;
  perRound: number;
}

/** Runs all contenders of a scenario in turns: A B C, A B C, and so on, so that a disturbance meets each of them. */
export async function compare(scenario: Scenario, names: readonly string[], pace: Pace): Promise<readonly Series[]> {
  const folder = await mkdtemp(join(tmpdir(), 'crossgrant-bench-'));
  const keys = makeKeys(scenario);
  const runners: Runner[] = [];
  try {
    for (const name of names) {
      const start = { scenario, folder, ...keys.forContender };
      const contender = await startContender(name, start, pace.profileFolder);
      const make = requestMaker(scenario, contender.target, keys);
      const series = { perSecond: [], cpuMicroseconds: [], p99Ms: [], residentMegabytes: 0, errors: 0, perRound: 0 };
      runners.push({ contender, make, ...series });
    }
    for (const runner of runners) await warmUp(runner, pace);
    for (let round = 0; round < pace.rounds; round++) {
      for (const runner of runners) await runRound(runner);
    }
  } finally {
    await Promise.all(runners.map(({ contender }) => contender.close()));
    await rm(folder, { recursive: true, force: true });
  }
  return runners.map(({ contender, p99Ms, ...series }) => ({ ...series, name: contender.name, p99Ms: median(p99Ms) }));
}

/** Lets the compiler settle, and finds out how many requests fill a round. */
async function warmUp(runner: Runner, pace: Pace): Promise<void> {
  const began = performance.now();
  let sent = 0;
  let rate = 0;
  while (sent < pace.warmUpRequests || performance.now() - began < pace.warmUpSeconds * 1000) {
    const count = Math.max(64, Math.round(rate * 0.25));
    const { seconds, errors, firstError } = await sendAll(runner.contender.target.port, runner.make(count));
    if (errors > 0) throw new Error(`${runner.contender.name} refused a request: ${firstError}`);
    sent += count;
    rate = count / seconds;
  }
  runner.perRound = Math.max(64, Math.round(rate * pace.roundSeconds));
}

async function runRound(runner: Runner): Promise<void> {
  const { contender, make, perRound } = runner;
  const requests = make(perRound);
  const before = await contender.usage();
  const { seconds, latenciesMs, errors, firstError } = await sendAll(contender.target.port, requests);
  const after = await contender.usage();
  if (firstError !== undefined) process.stderr.write(`${contender.name}: ${firstError}\n`);
  runner.perSecond.push(perRound / seconds);
  runner.cpuMicroseconds.push((after.cpuMicroseconds - before.cpuMicroseconds) / perRound);
  runner.p99Ms.push(percentile(latenciesMs, 0.99));
  runner.residentMegabytes = Math.max(runner.residentMegabytes, after.residentBytes / 1e6);
  runner.errors += errors;
}
