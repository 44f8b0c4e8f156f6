import type { PolicySnapshot } from './compile.ts';
import type { StepUp } from './decision.ts';
import type { Facts, SignOnMethod } from './model.ts';
import type { ScopeJudgement } from './scope.ts';

export interface StepUpFound {
  readonly need: StepUp;
  /** What each scope would be once the need is satisfied. */
  readonly judgements: readonly ScopeJudgement[];
}

export interface StepUpSearch {
  readonly methods: PolicySnapshot['methods'];
  readonly facts: Facts;
  /** Every age in seconds that a rule or a scope asks for. */
  readonly maxAges: readonly number[];
  readonly judge: (facts: Facts) => readonly ScopeJudgement[];
}

/**
 * What a person would have to do at sign-on for the request to be granted: found by judging the request as it would be
 * judged afterwards, so that what is asked for is sure to help, and whatever else denies keeps denying.
 *
 * Of all demands that grant the most scopes the easiest is chosen: the greatest age, and any way to sign on where each
 * would do. Undefined where no sign-on helps, or where this one should have been enough already.
 */
export function findStepUp({ methods, facts, maxAges, judge }: StepUpSearch): StepUpFound | undefined {
  const at = (method: SignOnMethod, age: number | undefined): Facts => ({
    ...facts,
    ...method,
    authTime: agedBy(facts, age),
  });
  const newest = new Map(methods.map((method) => [method, granted(judge(at(method, 0)))]));
  // Rules that deny a fresh sign-on deny the later ones at most; rules that allow an old one allow the fresh ones too.
  const reach = (method: SignOnMethod, age: number | undefined): number =>
    granted(judge(at(method, age))).filter((scope) => newest.get(method)?.includes(scope)).length;

  let best:
    | { readonly age: number | undefined; readonly methods: readonly SignOnMethod[]; readonly count: number }
    | undefined;
  for (const age of [undefined, ...[...new Set(maxAges)].sort((a, b) => b - a)]) {
    const counts = methods.map((method) => ({ method, count: reach(method, age) }));
    const most = Math.max(0, ...counts.map(({ count }) => count));
    if (most > (best?.count ?? 0))
      best = { age, count: most, methods: counts.filter(({ count }) => count === most).map(({ method }) => method) };
  }
  const [first] = best?.methods ?? [];
  if (best === undefined || first === undefined) return undefined; // STP-02, ATK-62
  const need = needOf(best.methods, best.age, methods, facts);
  return isReached(need, facts) ? undefined : { need, judgements: judge(at(first, 0)) }; // STP-02, ATK-62
}

function granted(judgements: readonly ScopeJudgement[]): readonly string[] {
  return judgements.filter(({ verdict }) => verdict === 'granted').map(({ scope }) => scope);
}

/** A sign-on of this age, to the full second; undefined: of any age. */
function agedBy({ nowMs }: Facts, age: number | undefined): number {
  return age === undefined ? 0 : Math.ceil(nowMs / 1000) - age;
}

/** Names the classes unless every way to sign on would do, the one of today among them. */
function needOf(
  capable: readonly SignOnMethod[],
  maxAge: number | undefined,
  methods: readonly SignOnMethod[],
  { acr }: Facts,
): StepUp {
  const isAnyGood = capable.length === methods.length && capable.some((method) => method.acr === acr);
  const acrValues = isAnyGood ? undefined : [...new Set(capable.map((method) => method.acr))];
  return { ...(acrValues && { acrValues }), ...(maxAge !== undefined && { maxAge }) };
}

function isReached({ acrValues, maxAge }: StepUp, { acr, authTime, nowMs }: Facts): boolean {
  const isStrong = acrValues === undefined || (acr !== undefined && acrValues.includes(acr));
  const isFresh = maxAge === undefined || (authTime !== undefined && nowMs / 1000 - authTime <= maxAge);
  return isStrong && isFresh;
}
