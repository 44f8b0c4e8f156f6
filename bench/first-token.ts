import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startContender } from './contender-process.ts';
import { type Figure, valueFigure } from './figures.ts';
import { sendAll } from './load.ts';
import { makeKeys, requestMaker } from './requests.ts';
import type { Scenario } from './scenario.ts';
import { median } from './statistics.ts';

/**
 * From the start of a process to its first token. The first start makes database and keys and is not counted; every later
 * one is what an operator waits for at a restart.
 */
export async function measureFirstToken(scenario: Scenario, starts: number): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'crossgrant-bench-'));
  const keys = makeKeys(scenario);
  const milliseconds: number[] = [];
  let errors = 0;
  try {
    for (let start = 0; start <= starts; start++) {
      const began = performance.now();
      const options = { scenario, folder, ...keys.forContender };
      const contender = await startContender(`crossgrant-${scenario.path}`, options);
      const [request = ''] = requestMaker(scenario, contender.target, keys)(1);
      const result = await sendAll(contender.target.port, [request], 1);
      if (start > 0) milliseconds.push(performance.now() - began);
      errors += result.errors;
      await contender.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return valueFigure(`${scenario.name}: start to first token`, median(milliseconds), 'ms', 300, errors);
}
