import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveFrom, root } from '../architecture/sources.ts';
import { generatedNote } from './markdown.ts';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** docs/public-surface.md: the entries of the published packages and the names they export. */
export function surfacePage(): string {
  const manifests = globSync('packages/*/package.json', { cwd: root })
    .sort()
    .map((path) => ({ path, manifest: JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest }))
    .filter(({ manifest }) => !manifest.private);
  return [
    '# Public surface',
    '',
    generatedNote,
    '',
    'A change of this page is a change for builders and needs a line in the changelog.',
    '',
    ...manifests.flatMap(({ path, manifest }) =>
      Object.entries(manifest.exports).flatMap(([entry, conditions]) => {
        const source = resolveFrom(path, conditions['@crossgrant/source']!);
        const names = [...exportedNames(source)].sort();
        return [`## ${manifest.name}${entry.slice(1)}`, '', ...names.map((name) => `- \`${name}\``), ''];
      }),
    ),
  ].join('\n');
}

/** Names by declaration, by list, and through `export * from`. */
function exportedNames(path: string): Set<string> {
  const text = readFileSync(join(root, path), 'utf8');
  const names = new Set<string>();
  const declaration =
    /^export (?:declare )?(?:async )?(?:const|let|function\*?|class|interface|type|abstract class) (\w+)/gm;
  for (const [, name] of text.matchAll(declaration)) names.add(name!);
  for (const [, list] of text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
    for (const item of list!
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)) {
      names.add(
        item
          .replace(/^type /, '')
          .split(/\s+as\s+/)
          .at(-1)!,
      );
    }
  }
  for (const [, specifier] of text.matchAll(/^export \* from '(\.[^']+)'/gm)) {
    for (const name of exportedNames(resolveFrom(path, specifier!))) names.add(name);
  }
  return names;
}
