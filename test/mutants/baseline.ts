import { ruleIdPattern } from '../../spec/rule.ts';
import type { ModuleResult } from './worker.ts';
import type { MutantWorker } from './worker-process.ts';

/** What the unbroken code shows: which test files carry an id, how long they take, which tests are red already. */
export interface Baseline {
  readonly filesById: ReadonlyMap<string, readonly TestFile[]>;
  readonly redTests: ReadonlySet<string>;
}

interface TestFile {
  readonly file: string;
  readonly milliseconds: number;
}

const patienceMilliseconds = 600_000;

/** Runs the files, shared among the workers, with the tests that carry one of the ids. */
export async function runBaseline(
  pool: readonly MutantWorker[],
  files: readonly string[],
  ids: readonly string[],
): Promise<Baseline> {
  const queue = [...files];
  const pattern = `\\b(${ids.join('|')})\\b`;
  const parts = await Promise.all(
    pool.map(async (worker) => {
      const found: Baseline[] = [];
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        const answer = await worker.run({ files: [file], pattern }, patienceMilliseconds);
        const problem = answer === 'timeout' ? 'does not finish' : answer.error;
        const modules = answer === 'timeout' ? [] : answer.modules;
        found.push(problem === undefined ? readModules(modules) : redFile(file, problem));
      }
      return found;
    }),
  );
  return mergeBaselines(parts.flat());
}

function mergeBaselines(parts: readonly Baseline[]): Baseline {
  const ids = new Set(parts.flatMap((part) => [...part.filesById.keys()]));
  const filesOf = (id: string): readonly TestFile[] =>
    parts.flatMap((part) => part.filesById.get(id) ?? []).toSorted((a, b) => a.milliseconds - b.milliseconds);
  return {
    filesById: new Map([...ids].map((id) => [id, filesOf(id)])),
    redTests: new Set(parts.flatMap((part) => [...part.redTests])),
  };
}

function redFile(file: string, problem: string): Baseline {
  return { filesById: new Map(), redTests: new Set([`${file}: ${problem}`]) };
}

function readModules(modules: readonly ModuleResult[]): Baseline {
  const redTests = modules.flatMap((module) => [
    ...(module.broken === undefined ? [] : [`${module.file}: ${module.broken}`]),
    ...module.tests.filter((each) => each.state === 'failed').map((each) => each.name),
  ]);
  const filesById = new Map<string, TestFile[]>();
  for (const { file, milliseconds, tests } of modules) {
    const green = tests.filter((each) => each.state !== 'failed');
    for (const id of new Set(green.flatMap((each) => each.name.match(ruleIdPattern) ?? []))) {
      filesById.set(id, [...(filesById.get(id) ?? []), { file, milliseconds }]);
    }
  }
  return { filesById, redTests: new Set(redTests) };
}
