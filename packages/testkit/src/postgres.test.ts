import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** A run of tests that failed must not end as a good one because a database was started for it. */
test('a process that has started PostgreSQL ends with the exit code that was set', async () => {
  const program = `
    const { startPostgres } = await import(${JSON.stringify(join(import.meta.dirname, 'postgres.ts'))});
    const postgres = await startPostgres();
    await postgres.stop();
    process.exitCode = 3;
  `;
  const args = ['--conditions=@crossgrant/source', '--input-type=module', '--eval', program];
  const code = await new Promise((resolve) => {
    execFile(process.execPath, args, (error) => resolve(error === null ? 0 : error.code));
  });
  expect(code).toBe(3);
}, 60_000);
