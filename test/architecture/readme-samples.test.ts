import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { root } from './sources.ts';

interface Sample {
  readonly file: string;
  readonly text: string;
}

/** The `ts` blocks of a page, under the name in their first line: `// gate.ts`. */
function samplesOf(page: string): readonly Sample[] {
  const blocks = [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, text = ''], index) => ({
    file: /^\/\/ ([a-z.-]+\.ts)\n/.exec(text)?.[1] ?? `unnamed-${index + 1}.ts`,
    text,
  }));
}

/** What the compiler says about samples that lie in folders of a clone, those of each page side by side. */
async function complaintsAbout(pages: Readonly<Record<string, readonly Sample[]>>): Promise<string> {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'readme-samples-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../tsconfig.json', include: ['*/*.ts'] }));
  for (const [page, samples] of Object.entries(pages)) {
    mkdirSync(join(folder, page));
    for (const { file, text } of samples) writeFileSync(join(folder, page, file), text);
  }
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    ({ stdout, message }: { stdout?: string; message: string }) => stdout || message,
  );
}

const guidePages = globSync('docs/guides/*.md', { cwd: root });

test('every sample in the guides and in the READMEs of client and resource compiles as it stands', async () => {
  const pages = { client: samplesOf('packages/client/README.md'), resource: samplesOf('packages/resource/README.md') };
  const guides = Object.fromEntries(guidePages.map((page) => [`guide-${basename(page, '.md')}`, samplesOf(page)]));
  expect(Object.values(guides).flat().length).toBeGreaterThan(1);
  for (const samples of Object.values(pages)) {
    expect(samples.length).toBeGreaterThan(3);
    expect(new Set(samples.map(({ file }) => file)).size).toBe(samples.length);
  }
  expect(await complaintsAbout({ ...pages, ...guides })).toBe('');
});
