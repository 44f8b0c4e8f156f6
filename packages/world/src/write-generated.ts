import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './schema/generated.ts';

const root = join(import.meta.dirname, '..', '..', '..');

for (const [path, text] of generatedFiles((path) => readFileSync(join(root, path), 'utf8'))) {
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
