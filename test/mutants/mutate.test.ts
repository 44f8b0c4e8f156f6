import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { findCitations } from './citations.ts';
import { dropLine } from './mutate.ts';

const dropped = (source: string, line: number): string => {
  const mutant = dropLine(source, line);
  return 'text' in mutant ? mutant.text : mutant.problem;
};

verifies('LES-99', 'a check on one line loses its condition', () => {
  expect(dropped("if (aud !== self) throw refuse('x'); // RED-12", 1)).toBe("if (false) throw refuse('x'); // RED-12");
  expect(dropped('if (f(a) || g(")")) { // RED-12\n  x();\n}', 1)).toBe('if (false) { // RED-12\n  x();\n}');
  expect(dropped('if (a) {\n} else if (b) {\n  // RED-12\n}', 2)).toBe('if (a) {\n} else if (false) {\n  // RED-12\n}');
});

verifies('LES-99', 'a condition over several lines is dropped as a whole', () => {
  const source = 'if (\n  a &&\n  b\n) {\n  // RED-12\n  c();\n}';
  expect(dropped(source, 4)).toBe('if (false) {\n  // RED-12\n  c();\n}');
});

verifies('LES-99', 'a statement, a member and an element are deleted', () => {
  expect(dropped('check(); // RED-12\nafter();', 1)).toBe(';\nafter();');
  expect(dropped('const a = {\n  b, // RED-12\n  c,\n};', 2)).toBe('const a = {\n\n  c,\n};');
});

verifies('LES-99', 'a call or a member over several lines goes as a whole', () => {
  const chain = 'steps\n  .step(\n    a,\n  ) // TEX-28\n  .run();';
  expect(dropped(chain, 4)).toBe('steps\n\n\n\n  .run();');
  const member = 'const a = {\n  b: () =>\n    c(), // RED-12\n  d,\n};';
  expect(dropped(member, 3)).toBe('const a = {\n\n\n  d,\n};');
});

test('a line whose removal leaves no program is no mutant', () => {
  expect(dropLine('const a = {\n  b: {\n    c,\n  },\n};', 1)).toEqual({ problem: expect.stringContaining('parse') });
});

test('citations stand at the end of a line, or alone after an opening brace', () => {
  const text = [
    'a(); // RED-12, ATK-01',
    'if (b) {',
    '  // RED-13',
    '}',
    '// RED-14',
    ' * c(); // RED-15',
    "const url = 'https://a'; // RED-16 and why",
  ].join('\n');
  expect(findCitations('f.ts', text)).toEqual([
    { file: 'f.ts', line: 1, ids: ['RED-12', 'ATK-01'] },
    { file: 'f.ts', line: 2, ids: ['RED-13'] },
    { file: 'f.ts', line: 7, ids: ['RED-16'] },
  ]);
});
