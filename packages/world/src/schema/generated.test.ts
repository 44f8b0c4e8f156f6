import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { generatedFiles } from './generated.ts';
import { worldJsonSchema } from './json-schema.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test.each([...generatedFiles(read)])('%s is what the schema generates', (path, text) => {
  expect(read(path), 'run: npm run docs').toBe(text);
});

verifies('LES-98', 'every pattern of the schema decides on 64 KB of hostile text within 5 ms', () => {
  const patterns = new Set(JSON.stringify(worldJsonSchema()).match(/(?<="pattern":)"(?:[^"\\]|\\.)*"/g));
  expect(patterns.size).toBeGreaterThan(8);
  for (const quoted of patterns) {
    const pattern = new RegExp(JSON.parse(quoted) as string, 'u');
    for (const hostile of [
      'a'.repeat(65_536),
      '0'.repeat(65_536),
      `${'a.'.repeat(32_768)}!`,
      `${'a-'.repeat(32_768)}!`,
      ' '.repeat(65_536),
      '/'.repeat(65_536),
    ]) {
      const times = [1, 2, 3].map(() => {
        const started = performance.now();
        pattern.test(hostile);
        return performance.now() - started;
      });
      expect(Math.min(...times), `${pattern} on ${hostile.slice(0, 4)}…`).toBeLessThan(5);
    }
  }
});
