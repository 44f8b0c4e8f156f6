import { ruleIdPattern } from '../../spec/rule.ts';
import { readProductionSources, readSources } from '../architecture/sources.ts';
import { findCitations } from '../mutants/citations.ts';

/** Where a rule is decided in shipped code, and which test files prove it. */
export interface Evidence {
  readonly citations: readonly string[];
  readonly tests: readonly string[];
}

const none: Evidence = { citations: [], tests: [] };

/** Reads the ids of all citations and of all `verifies(…)` calls in the repository. */
export function collectEvidence(): { of(id: string): Evidence; readonly ids: ReadonlySet<string> } {
  const found = new Map<string, { citations: string[]; tests: string[] }>();
  const entry = (id: string): { citations: string[]; tests: string[] } => {
    const known = found.get(id) ?? { citations: [], tests: [] };
    found.set(id, known);
    return known;
  };
  for (const file of readProductionSources()) {
    const ids = findCitations(file.path, file.text).flatMap((citation) => citation.ids);
    for (const id of new Set(ids)) entry(id).citations.push(file.path);
  }
  for (const file of readSources('packages/*/{src,test}/**/*.ts', 'test/**/*.ts')) {
    for (const id of new Set(idsOfTests(file.text))) entry(id).tests.push(file.path);
  }
  return { of: (id) => found.get(id) ?? none, ids: new Set(found.keys()) };
}

/** The ids in the first argument of each `verifies(…)` call. */
function idsOfTests(text: string): readonly string[] {
  return [...text.matchAll(/\bverifies\(\s*('[^']*'|\[[^\]]*\])/g)].flatMap(
    ([, ids]) => ids!.match(ruleIdPattern) ?? [],
  );
}
