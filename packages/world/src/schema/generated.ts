import { worldJsonSchemaText } from './json-schema.ts';
import { worldReference } from './reference-table.ts';

const opening = '<!-- generated from packages/world/src/schema: npm run docs -->';
const closing = '<!-- end of the generated part -->';

/** The files this package generates from the schema, by path in the repository, given what is there now. */
export function generatedFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  const page = read('docs/world-file.md');
  const start = page.indexOf(opening);
  const end = page.indexOf(closing);
  if (start === -1 || end === -1) throw new Error('docs/world-file.md has lost the marks around its generated part.');
  return new Map([
    ['packages/world/world.schema.json', worldJsonSchemaText()],
    ['docs/world-file.md', `${page.slice(0, start)}${opening}\n\n${worldReference()}\n\n${page.slice(end)}`],
  ]);
}
