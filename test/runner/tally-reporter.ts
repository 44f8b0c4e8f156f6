import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Writes how many tests passed and failed to the file named in CROSSGRANT_TALLY.
 *
 * A file that does not load and an error outside of any test count as one failure each; so does a run without tests.
 */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[], reason: string): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      const results = [...module.children.allTests()].map((each) => each.result().state);
      passed += results.filter((state) => state === 'passed').length;
      const failures = results.filter((state) => state !== 'passed' && state !== 'skipped').length;
      failed += failures === 0 && module.state() === 'failed' ? 1 : failures;
    }
    if (passed + failed === 0 || (reason === 'interrupted' && failed === 0)) failed += 1;
    const target = process.env.CROSSGRANT_TALLY;
    if (target !== undefined) writeFileSync(target, JSON.stringify({ passed, failed } satisfies Tally));
  }
}
