import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** What failed and the first line of why, one line each: said again at the end, where nobody has to search for it. */
  readonly failures?: readonly string[];
}

/**
 * Writes how many tests passed and failed, and which failed, to the file named in CROSSGRANT_TALLY.
 *
 * A file that does not load and an error outside of any test count as one failure each; so does a run without tests.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[], reason: string): void {
    let passed = 0;
    const failures = errors.map((error) => `outside of any test: ${firstLine(error)}`);
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      passed += tests.filter((test) => test.result().state === 'passed').length;
      const broken = tests.filter((test) => !['passed', 'skipped'].includes(test.result().state));
      failures.push(...broken.map((test) => describeFailure(module, test)));
      if (broken.length === 0 && module.state() === 'failed') {
        failures.push(`${module.relativeModuleId}: ${firstLine(module.errors()[0])}`);
      }
    }
    if (passed + failures.length === 0) failures.push('no test ran');
    if (reason === 'interrupted' && failures.length === 0) failures.push('the run was interrupted');
    const target = process.env.CROSSGRANT_TALLY;
    const tally: Tally = { passed, failed: failures.length, failures };
    if (target !== undefined) writeFileSync(target, JSON.stringify(tally));
  }
}

function describeFailure(module: TestModule, test: TestCase): string {
  return `${module.relativeModuleId} > ${test.fullName}: ${firstLine(test.result().errors?.[0])}`;
}

function firstLine(error: { readonly message: string } | undefined): string {
  return error?.message.split('\n', 1)[0] ?? 'no reason given';
}
