import { defineConfig } from 'vitest/config';

const condition = '@crossgrant/source';

/** These reach Node itself as `--conditions`, where `import` would break the packages that are required. */
const conditions = [condition, 'module', 'node'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/runner/postgres-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: [`--conditions=${condition}`],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
