import { checkStep, formatTally, runSteps, type Step, testStep } from './runner/steps.ts';

/**
 * The one entry to all tests. The last line is always `N passed, N failed`, after a line per failure; the exit code follows it.
 *
 * No arguments: everything. Arguments that are no option: only the test files whose path contains one of them.
 * `--check`: format, lint, types, dead code, architecture and unit tests. `--e2e [NAME]`, `--counterparts`: those alone.
 */
const deadCode = checkStep('dead code', 'knip');
const packageTests = testStep(
  'packages, architecture, conformance, fuzz',
  'packages/',
  'test/fuzz/',
  'test/architecture/',
  'test/conformance/',
);
/** Whole servers, browsers and foreign programs: one file at a time, so that timing bounds mean something. */
const worldTests = testStep(
  'end to end, browser, counterparts, faults, bench',
  '--no-file-parallelism',
  'test/e2e/',
  'test/browser/',
  'test/counterparts/',
  'test/faults/',
  'test/bench/',
);

const steps = chooseSteps(process.argv.slice(2));
const tally = await runSteps(steps);
for (const failure of tally.failures ?? []) process.stdout.write(`✗ ${failure}\n`);
process.stdout.write(`\n${formatTally(tally)}\n`);
process.exitCode = tally.failed === 0 ? 0 : 1;

function chooseSteps(args: readonly string[]): readonly Step[] {
  const [mode, ...names] = args;
  switch (mode) {
    case undefined:
      return [...staticSteps(), deadCode, packageTests, worldTests];
    case '--check':
      return [...staticSteps(), deadCode, testStep('architecture and unit tests', 'test/architecture/', '/src/')];
    case '--e2e':
      return [testStep('end to end', '--no-file-parallelism', ...folders('test/e2e/', names))];
    case '--counterparts':
      return [testStep('counterparts', '--no-file-parallelism', ...folders('test/counterparts/', names))];
    default:
      return [testStep('chosen tests', ...args)];
  }
}

function staticSteps(): readonly Step[] {
  return [
    checkStep('format and lint', 'biome', 'ci', '--error-on-warnings'),
    checkStep('types', 'tsc', '-p', 'tsconfig.json', '--noEmit'),
  ];
}

function folders(base: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [base] : names.map((name) => `${base}${name}`);
}
