import { parseArgs } from 'node:util';
import { fuzz, keepInCorpus, readCorpus, replay } from './run-target.ts';
import { fuzzTargets } from './targets.ts';

/**
 * `npm run fuzz -- [INPUTS] [--only NAME] [--seed NUMBER]`: that many inputs over all parsers, a million unless said
 * otherwise, after the corpus. An input that breaks a promise is printed and kept in the corpus. The last line is always
 * `N passed, N failed`, and the exit code follows it.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, seed: { type: 'string' } },
});
const total = Number(positionals[0] ?? 1_000_000);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const chosen = fuzzTargets.filter(({ name }) => values.only === undefined || name === values.only);
const shares = chosen.reduce((sum, { share }) => sum + share, 0);
let passed = 0;
let failed = 0;

process.stdout.write(`seed ${seed}\n`);
for (const target of chosen) {
  for (const input of readCorpus(target.name)) {
    try {
      replay(target, input);
      passed += 1;
    } catch (error) {
      failed += 1;
      process.stdout.write(`${target.name}: corpus ${JSON.stringify(input)}: ${String(error)}\n`);
    }
  }
  const { inputs, milliseconds, failure } = fuzz(target, Math.ceil((total * target.share) / shares), seed);
  const rate = Math.round((inputs / milliseconds) * 1_000);
  process.stdout.write(
    `${target.name.padEnd(8)} ${String(inputs).padStart(9)} inputs ${(milliseconds / 1_000).toFixed(1).padStart(7)} s ${String(rate).padStart(8)} a second\n`,
  );
  passed += failure === undefined ? inputs : inputs - 1;
  if (failure === undefined) continue;
  failed += 1;
  keepInCorpus(target.name, failure.input);
  process.stdout.write(`${target.name}: ${JSON.stringify(failure.input)}: ${failure.problem}\n`);
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
