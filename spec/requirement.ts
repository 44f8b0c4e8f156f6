/** Part of a rule stands and is tested; the text says which, and what is missing. */
export interface Partly {
  readonly partly: string;
}

/** `enforced` has a citation in the source and a test; anything else carries its honest reason. */
export type RequirementStatus = 'enforced' | Partly | { readonly declined: string } | { readonly deferred: string };

export type Level = 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'MAY' | 'NOTE';

/** One rule of the protocol or of the product, in one sentence of the project's own words. */
export interface Requirement {
  readonly id: string;
  /** CL client, IDP enterprise IdP, RAS resource authorization server, RS resource server, AS both servers, ALL. */
  readonly role: string;
  readonly level: Level;
  /** The condition under which the level applies, where the source names one. */
  readonly when?: string;
  /** The level is a product decision: the source is silent, weaker or contradictory. */
  readonly ours?: true;
  readonly source: string;
  readonly says: string;
  readonly status: RequirementStatus;
}

export type TestStatus = 'tested' | Partly | { readonly deferred: string };

/** A way to misuse the protocol, and the response it gets. */
export interface Attack {
  readonly id: string;
  readonly name: string;
  readonly response: string;
  readonly status: TestStatus;
}

/** A failure of comparable software, its cause, and the rule that keeps it out. */
export interface Lesson {
  readonly id: string;
  readonly cause: string;
  readonly rule: string;
  readonly status: TestStatus;
}
