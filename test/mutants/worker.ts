import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVitest, type TestModule, type Vitest } from 'vitest/node';

/** What the parent asks for: run these files with this name pattern, with one file replaced for that long. */
export interface RunRequest {
  readonly files: readonly string[];
  readonly pattern: string;
  readonly replace?: { readonly file: string; readonly text: string; readonly original: string };
}

export interface RunAnswer {
  readonly modules: readonly ModuleResult[];
  readonly error?: string;
}

export interface ModuleResult {
  readonly file: string;
  readonly milliseconds: number;
  /** Why the module itself broke before any test ran. */
  readonly broken?: string;
  readonly tests: readonly { readonly name: string; readonly state: string }[];
}

const root = process.cwd();
const vitest = await createVitest({ root, watch: false, reporters: [{}], maxWorkers: 1, testTimeout: 20_000 });
await vitest.standalone();
const specifications = await vitest.globTestSpecifications();

process.on('message', async (request: RunRequest) => {
  const answer = await run(request).catch((error: unknown): RunAnswer => ({ modules: [], error: String(error) }));
  process.send?.(answer);
});
process.once('disconnect', () => process.exit(1));
process.send?.({ ready: specifications.map((each) => each.moduleId.slice(root.length + 1)) });

async function run(request: RunRequest): Promise<RunAnswer> {
  const target = request.replace && join(root, request.replace.file);
  if (target !== undefined) change(vitest, target, request.replace!.text);
  try {
    vitest.setGlobalTestNamePattern(new RegExp(request.pattern));
    const wanted = new Set(request.files.map((file) => join(root, file)));
    const result = await vitest.runTestSpecifications(specifications.filter((each) => wanted.has(each.moduleId)));
    return { modules: result.testModules.filter((each) => wanted.has(each.moduleId)).map(toResult) };
  } finally {
    if (target !== undefined) change(vitest, target, request.replace!.original);
  }
}

function change(server: Vitest, file: string, text: string): void {
  writeFileSync(file, text);
  server.invalidateFile(file);
}

function toResult(module: TestModule): ModuleResult {
  const tests = [...module.children.allTests()].map((each) => ({ name: each.fullName, state: each.result().state }));
  const ran = tests.some((each) => each.state === 'passed' || each.state === 'failed');
  return {
    file: module.moduleId.slice(root.length + 1),
    milliseconds: module.diagnostic().duration + module.diagnostic().collectDuration,
    broken: !ran && module.state() === 'failed' ? (module.errors()[0]?.message ?? 'a hook failed') : undefined,
    tests: tests.filter((each) => each.state !== 'skipped'),
  };
}
