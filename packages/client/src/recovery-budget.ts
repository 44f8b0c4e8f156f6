import type { SubjectKind } from './identity.ts';
import type { Session } from './sessions.ts';

export interface Attempt {
  readonly session: Session;
  readonly scopes: readonly string[] | undefined;
  /** What to trade for the ID-JAG, when it is not what the options say. */
  readonly subject?: SubjectKind;
}

/** Each way out of a refusal may be taken once per request. */
export interface Budget {
  renewals: number;
  signOns: number;
  reductions: number;
  idJags: number;
  /** How often a sign-on that somebody else asked for may be waited for. */
  joins: number;
}

export function newBudget(): Budget {
  return { renewals: 1, signOns: 1, reductions: 1, idJags: 1, joins: 2 };
}

export function take(budget: Budget, what: keyof Budget): boolean {
  if (budget[what] === 0) return false;
  budget[what] -= 1;
  return true;
}
