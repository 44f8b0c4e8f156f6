import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../architecture/sources.ts';
import { generatedPages, stalePages } from './pages.ts';

/** Writes the generated pages; with `--check` only says which are stale. */
const stale = stalePages();
if (process.argv.includes('--check')) {
  for (const path of stale) process.stdout.write(`${path} is stale: npm run docs\n`);
  process.stdout.write(`${Object.keys(generatedPages()).length - stale.length} passed, ${stale.length} failed\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  const pages = generatedPages();
  for (const path of stale) writeFileSync(join(root, path), pages[path]!);
  process.stdout.write(stale.length === 0 ? 'All generated pages are fresh.\n' : `Written: ${stale.join(', ')}\n`);
}
