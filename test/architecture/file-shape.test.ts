import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { codeOf, readProductionSources, readSources, type SourceFile } from './sources.ts';

/** Longest a file may be. A longer one needs an entry here, with its reason. */
const lineCeiling = 400;
const longFiles: Readonly<Record<string, string>> = {};

const everything = readSources(
  'packages/*/src/**/*.{ts,tsx}',
  'packages/*/test/**/*.ts',
  'test/**/*.ts',
  'bench/**/*.ts',
  'spec/**/*.ts',
);

/** The runner loads its plug-ins by their default export. */
const mayExportDefault = /^test\/runner\/(postgres-setup|tally-reporter)\.ts$/;

test('no file is longer than the ceiling', () => {
  const long = everything.filter((file) => file.lines.length > lineCeiling && longFiles[file.path] === undefined);
  expect(long.map((file) => `${file.path}: ${file.lines.length} lines`)).toEqual([]);
});

test('no file is a drawer for anything', () => {
  const drawers = /(^|\/)(utils?|helpers?|common|misc|types)(\.tsx?$|\/)/;
  expect(everything.map((file) => file.path).filter((path) => drawers.test(path))).toEqual([]);
});

test('file names are kebab-case', () => {
  const names = everything.map((file) => file.path);
  expect(names.filter((path) => !/^[a-z0-9-]+(\.(test|prop\.test|d))?\.tsx?$/.test(path.split('/').at(-1)!))).toEqual(
    [],
  );
});

test('no default exports, enums, namespaces, decorators or parameter properties', () => {
  const forbidden = [
    /^export default\b/,
    /^\s*(export\s+)?(declare\s+)?(const\s+)?enum\s+\w/,
    /^\s*(export\s+)?(declare\s+)?namespace\s+\w/,
    /^\s*@(?!media|supports|font-face|keyframes|page)\w+/,
    /constructor\(([^)]*,)?\s*(private|public|protected|readonly)\s/,
  ];
  const hits = linesWhere(everything, (line) => forbidden.some((pattern) => pattern.test(line)));
  expect(hits.filter((hit) => !mayExportDefault.test(hit.split(':')[0]!))).toEqual([]);
});

verifies('LES-33', 'no module keeps state that a request could change', () => {
  expect(linesWhere(readProductionSources(), (line) => /^(export\s+)?(let|var)\s/.test(line))).toEqual([]);
});

test('no test is skipped, focused or postponed', () => {
  const postponed = /\b(test|it|describe|suite)\.(only|skip|todo|skipIf|runIf|fails)\b|\bx(it|describe)\(/;
  const tests = everything.filter((file) => file.isTest && !file.path.startsWith('test/architecture/'));
  expect(linesWhere(tests, (line) => postponed.test(line))).toEqual([]);
});

test('comments tell no history and carry no to-do marks', () => {
  const marks = /\/\/.*\b(TODO|FIXME|XXX|HACK)\b|\/\*.*\b(TODO|FIXME|XXX|HACK)\b/;
  const hits = everything
    .filter((file) => !file.path.startsWith('test/architecture/'))
    .flatMap((file) => file.lines.flatMap((line, index) => (marks.test(line) ? [`${file.path}:${index + 1}`] : [])));
  expect(hits).toEqual([]);
});

function linesWhere(files: readonly SourceFile[], matches: (line: string) => boolean): readonly string[] {
  return files.flatMap((file) =>
    codeOf(file)
      .split('\n')
      .flatMap((line, index) => (matches(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
