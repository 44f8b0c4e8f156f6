import { defineConfig } from 'vitest/config';

const conditions = ['@crossgrant/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/runner/postgres-setup.ts'],
    pool: 'forks',
    execArgv: ['--conditions=@crossgrant/source'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
