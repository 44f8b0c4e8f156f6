import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** Path from the repository root, with forward slashes. */
  readonly path: string;
  /** The package folder it belongs to, or the top-level folder for tests and specifications. */
  readonly home: string;
  readonly isTest: boolean;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

export interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
  readonly line: number;
}

/** All TypeScript of the repository, each file read once. */
export function readSources(...patterns: readonly string[]): readonly SourceFile[] {
  const wanted = patterns.length === 0 ? ['packages/*/src/**/*.{ts,tsx}', 'packages/*/test/**/*.ts'] : patterns;
  const exclude = (name: string): boolean => name === 'node_modules' || name === 'dist';
  return globSync([...wanted], { cwd: root, exclude })
    .map((path) => path.split(sep).join('/'))
    .sort()
    .map(readSource);
}

/** The code that ships: no tests, no test kit. */
export function readProductionSources(): readonly SourceFile[] {
  return readSources().filter((file) => !file.isTest && file.home !== 'testkit');
}

/** The file without comments, so that prose never trips a rule about code. Line numbers stay. */
export function codeOf(file: SourceFile): string {
  return file.text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[\s;,{})])\/\/.*$/gm, '$1');
}

/** The files reachable from the entry inside its own package, by value imports or by all of them. */
export function reachableFrom(
  entry: string,
  sources: readonly SourceFile[],
  along: 'values' | 'values and types',
): readonly SourceFile[] {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const found = new Map<string, SourceFile>();
  const queue = [entry];
  while (queue.length > 0) {
    const file = byPath.get(queue.pop()!);
    if (file === undefined || found.has(file.path)) continue;
    found.set(file.path, file);
    for (const { specifier, isTypeOnly } of file.imports) {
      const isFollowed = !isTypeOnly || along === 'values and types';
      if (isFollowed && specifier.startsWith('.')) queue.push(resolveFrom(file.path, specifier));
    }
  }
  return [...found.values()];
}

export function resolveFrom(path: string, specifier: string): string {
  return relative(root, join(root, dirname(path), specifier))
    .split(sep)
    .join('/');
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const [top, name] = path.split('/');
  const isTest = /\.(test|prop\.test)\.tsx?$/.test(path) || /^packages\/[^/]+\/test\//.test(path) || top === 'test';
  return {
    path,
    home: top === 'packages' ? name! : top!,
    isTest,
    text,
    lines: text.split('\n'),
    imports: readImports(text),
  };
}

function readImports(text: string): readonly Import[] {
  const statement = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
  const dynamic = /\bimport\(\s*'([^']+)'\s*\)/g;
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  return [
    ...[...text.matchAll(statement)].map((match) => ({
      specifier: match[2]!,
      isTypeOnly: match[1] !== undefined,
      line: lineAt(match.index),
    })),
    ...[...text.matchAll(dynamic)].map((match) => ({
      specifier: match[1]!,
      isTypeOnly: false,
      line: lineAt(match.index),
    })),
  ];
}
