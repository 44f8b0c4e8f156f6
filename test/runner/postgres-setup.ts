import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestProject } from 'vitest/node';

/**
 * Starts one PostgreSQL for the whole run and names it in CROSSGRANT_TEST_POSTGRES; each test makes its own database in it.
 *
 * A run whose chosen test files never mention PostgreSQL starts none. A URL that is already set is used as it is.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env.CROSSGRANT_TEST_POSTGRES !== undefined || !(await needsPostgres(project))) return undefined;
  const { startPostgres } = await import('../../packages/testkit/src/postgres.ts');
  const postgres = await startPostgres();
  process.env.CROSSGRANT_TEST_POSTGRES = postgres.url;
  return async () => {
    delete process.env.CROSSGRANT_TEST_POSTGRES;
    await postgres.stop();
  };
}

async function needsPostgres(project: TestProject): Promise<boolean> {
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern);
  for (const file of testFiles) {
    if (await mentionsPostgres(file)) return true;
  }
  return false;
}

/** Looks into the test file and the files beside it that it imports. */
async function mentionsPostgres(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  if (/postgres/i.test(text)) return true;
  const imports = [...text.matchAll(/from '(\.{1,2}\/[^']+\.ts)'/g)].map(([, path]) => join(dirname(file), path!));
  const texts = await Promise.all(imports.map((path) => readFile(path, 'utf8').catch(() => '')));
  return texts.some((each) => /postgres/i.test(each));
}
