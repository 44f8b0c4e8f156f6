import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles as worldFilePages } from '../../packages/world/src/schema/generated.ts';
import { root } from '../architecture/sources.ts';
import { adminPages } from './admin-pages.ts';
import { conformancePage } from './conformance-page.ts';
import { errorsPage } from './errors-page.ts';
import { surfacePage } from './surface-page.ts';

/** The generated pages by path. */
export function generatedPages(): Readonly<Record<string, string>> {
  return {
    'docs/conformance.md': conformancePage(),
    'docs/errors.md': errorsPage(),
    'docs/public-surface.md': surfacePage(),
    ...adminPages(readOrEmpty),
    ...Object.fromEntries(worldFilePages(readOrEmpty)),
  };
}

/** The pages on disk that differ from what would be generated now. */
export function stalePages(): readonly string[] {
  return Object.entries(generatedPages())
    .filter(([path, text]) => readOrEmpty(path) !== text)
    .map(([path]) => path);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return '';
  }
}
