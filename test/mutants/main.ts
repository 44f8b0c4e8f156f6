import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '@crossgrant/testkit';
import { readProductionSources, root } from '../architecture/sources.ts';
import { type Baseline, runBaseline } from './baseline.ts';
import { type Citation, findCitations } from './citations.ts';
import { evaluate, type MutantResult } from './evaluate.ts';
import { type MutantWorker, startMutantWorker } from './worker-process.ts';
import { removeWorkspace } from './workspace.ts';

/**
 * Drops each cited check in turn and expects the tests that carry its id to turn red.
 *
 * `--only ID` (repeatable) takes the citations of one id or family, `--package NAME` those of one package, `--changed` those in files
 * that differ from the last commit.
 */
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    package: { type: 'string', multiple: true },
    changed: { type: 'boolean' },
    workers: { type: 'string' },
  },
});

/** Read once: files may change on disk while the run goes on, the copies do not. */
const sources = new Map(readProductionSources().map((file) => [file.path, file]));
const citations = chooseCitations();
const folder = await mkdtemp(join(tmpdir(), 'crossgrant-mutants-'));
const postgres = process.env.CROSSGRANT_TEST_POSTGRES === undefined ? await startPostgres() : undefined;
if (postgres !== undefined) process.env.CROSSGRANT_TEST_POSTGRES = postgres.url;
const workers: MutantWorker[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().then(() => process.exit(1)));
try {
  for (let index = 0; index < workerCount(); index += 1) {
    workers.push(await startMutantWorker(join(folder, `copy-${index}`)));
  }
  process.exitCode = (await runAll(workers)) ? 0 : 1;
} finally {
  await cleanUp();
}

async function cleanUp(): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close()));
  await postgres?.stop();
  await removeWorkspace(folder);
}

async function runAll(pool: readonly MutantWorker[]): Promise<boolean> {
  const ids = [...new Set(citations.flatMap((citation) => citation.ids))];
  process.stdout.write(`${citations.length} cited lines, ${ids.length} ids\n`);
  const quick = await collectBaseline(pool, /^packages\//, ids);
  const first = await evaluateAll(pool, citations, quick);
  const left = first.filter(isLeft).map(({ citation, id }) => ({ ...citation, ids: [id] }));
  const whole = await collectBaseline(pool, /^test\/(?!architecture)/, [...new Set(left.flatMap((each) => each.ids))]);
  const results = [...first.filter((each) => !isLeft(each)), ...(await evaluateAll(pool, left, whole))];

  const survivors = results.filter((each) => each.verdict !== 'killed');
  summarise(survivors);
  const failed = survivors.length + quick.redTests.size + whole.redTests.size;
  process.stdout.write(`\n${results.length - survivors.length} passed, ${failed} failed\n`);
  return failed === 0;
}

function isLeft({ verdict }: MutantResult): boolean {
  return verdict === 'survived' || verdict === 'untested';
}

async function evaluateAll(
  pool: readonly MutantWorker[],
  chosen: readonly Citation[],
  baseline: Baseline,
): Promise<readonly MutantResult[]> {
  const queue = [...chosen];
  const results: MutantResult[] = [];
  await Promise.all(
    pool.map(async (worker) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const found = await evaluate(worker, next, sources.get(next.file)!.text, baseline);
        for (const result of found) report(result);
        results.push(...found);
      }
    }),
  );
  return results;
}

/** Whole servers and foreign programs run only for what no test of a package has killed. */
async function collectBaseline(
  pool: readonly MutantWorker[],
  place: RegExp,
  ids: readonly string[],
): Promise<Baseline> {
  if (ids.length === 0) return { filesById: new Map(), redTests: new Set() };
  const baseline = await runBaseline(pool, filesFor(pool[0]!.testFiles, ids, place), ids);
  for (const name of baseline.redTests) process.stdout.write(`red before any change: ${name}\n`);
  return baseline;
}

function filesFor(files: readonly string[], ids: readonly string[], place: RegExp): readonly string[] {
  return files.filter((file) => place.test(file) && mayCarry(file, ids));
}

/** Ids may also stand in a suite that the file imports, or be read from the signed vectors. */
function mayCarry(file: string, ids: readonly string[]): boolean {
  const text = readFileSync(join(root, file), 'utf8');
  return ids.some((id) => text.includes(id)) || /contract|vectors/.test(text);
}

function chooseCitations(): readonly Citation[] {
  const wanted = options.only ?? [];
  const changed = options.changed ? new Set(changedFiles()) : undefined;
  return [...sources.values()]
    .filter((file) => options.package === undefined || options.package.includes(file.home))
    .filter((file) => changed === undefined || changed.has(file.path))
    .flatMap((file) => findCitations(file.path, file.text))
    .map((citation) => ({ ...citation, ids: citation.ids.filter((id) => isWanted(id, wanted)) }))
    .filter((citation) => citation.ids.length > 0);
}

function isWanted(id: string, wanted: readonly string[]): boolean {
  return wanted.length === 0 || wanted.some((each) => id === each || id.startsWith(`${each}-`));
}

function changedFiles(): readonly string[] {
  const git = (...args: string[]): string[] => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  return [...git('diff', '--name-only', 'HEAD'), ...git('ls-files', '--others', '--exclude-standard')];
}

function workerCount(): number {
  return options.workers === undefined ? Math.min(2, availableParallelism()) : Number(options.workers);
}

function report({ citation, id, verdict, note }: MutantResult): void {
  const mark = verdict === 'killed' ? '✓' : '✗';
  process.stdout.write(
    `${mark} ${id} ${citation.file}:${citation.line} ${verdict}${note === undefined ? '' : `: ${note}`}\n`,
  );
}

function summarise(survivors: readonly MutantResult[]): void {
  if (survivors.length === 0) return;
  process.stdout.write('\nNot killed:\n');
  for (const { citation, id, verdict, note } of survivors.toSorted((a, b) =>
    a.citation.file.localeCompare(b.citation.file),
  )) {
    process.stdout.write(
      `  ${citation.file}:${citation.line} ${id} ${verdict}${note === undefined ? '' : `: ${note}`}\n`,
    );
  }
}
