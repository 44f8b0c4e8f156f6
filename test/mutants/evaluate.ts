import type { Baseline } from './baseline.ts';
import type { Citation } from './citations.ts';
import { dropLine } from './mutate.ts';
import type { RunAnswer } from './worker.ts';
import type { MutantWorker } from './worker-process.ts';

export type Verdict = 'killed' | 'survived' | 'untested' | 'breaks the module' | 'not a mutant';

export interface MutantResult {
  readonly citation: Citation;
  readonly id: string;
  readonly verdict: Verdict;
  readonly note?: string;
}

/** A mutant whose tests take this much longer than usual hangs, which a test would notice. */
const patienceMilliseconds = 90_000;

/** Runs the tests of every cited id against the broken file, quickest first, until each id has seen red. */
export async function evaluate(
  worker: MutantWorker,
  citation: Citation,
  source: string,
  baseline: Baseline,
): Promise<readonly MutantResult[]> {
  const mutant = dropLine(source, citation.line);
  if ('problem' in mutant) {
    return citation.ids.map((id) => ({ citation, id, verdict: 'not a mutant', note: mutant.problem }));
  }
  const open = new Set(citation.ids.filter((id) => baseline.filesById.has(id)));
  const verdicts = new Map<string, Verdict>(citation.ids.map((id) => [id, open.has(id) ? 'survived' : 'untested']));
  const notes = new Map<string, string>();
  for (const file of filesOf([...open], baseline)) {
    const pending = [...open].filter((id) => verdicts.get(id) === 'survived');
    const concerned = pending.filter((id) => baseline.filesById.get(id)!.some((each) => each.file === file));
    if (concerned.length === 0) continue;
    const request = {
      files: [file],
      pattern: `\\b(${concerned.join('|')})\\b`,
      replace: { file: citation.file, text: mutant.text, original: source },
    };
    const answer = await worker.run(request, patienceMilliseconds);
    for (const id of concerned) {
      const found = judge(answer, id, baseline);
      if (found === undefined) continue;
      verdicts.set(id, found.verdict);
      if (found.note !== undefined) notes.set(id, found.note);
    }
  }
  return citation.ids.map((id) => ({ citation, id, verdict: verdicts.get(id)!, note: notes.get(id) }));
}

interface Judgement {
  readonly verdict: Verdict;
  readonly note?: string;
}

function judge(answer: RunAnswer | 'timeout', id: string, baseline: Baseline): Judgement | undefined {
  if (answer === 'timeout') return { verdict: 'killed', note: 'its tests hang' };
  const broken = answer.error ?? answer.modules.find((module) => module.broken !== undefined)?.broken;
  if (broken !== undefined) return { verdict: 'breaks the module', note: broken };
  const red = answer.modules.flatMap((module) => module.tests.filter((each) => each.state === 'failed'));
  const isKilled = red.some((each) => each.name.includes(id) && !baseline.redTests.has(each.name));
  return isKilled ? { verdict: 'killed' } : undefined;
}

function filesOf(ids: readonly string[], baseline: Baseline): readonly string[] {
  const files = ids.flatMap((id) => baseline.filesById.get(id) ?? []);
  const sorted = files.toSorted((a, b) => a.milliseconds - b.milliseconds);
  return [...new Set(sorted.map((each) => each.file))];
}
