/** What the admin API says no with. The codes are stable. RFC 9457. */
export const problemCatalogue = {
  'admin/unauthenticated': { status: 401, title: 'No valid admin token was sent' },
  'admin/too-many-failures': { status: 429, title: 'Too many requests without a valid admin token' },
  'admin/origin': { status: 403, title: 'The request comes from another origin' },
  'admin/forbidden': { status: 403, title: 'The role of this token does not allow it' },
  'admin/not-found': { status: 404, title: 'There is no such object' },
  'admin/invalid': { status: 400, title: 'The request is not valid' },
  'admin/cursor': { status: 400, title: 'The cursor does not belong to this list' },
  'admin/media-type': { status: 415, title: 'The body must be application/json' },
  'admin/conflict': { status: 409, title: 'The request contradicts what is stored' },
  'admin/precondition-required': { status: 428, title: 'The request needs If-Match with the ETag that was read' },
  'admin/precondition-failed': { status: 412, title: 'The object changed since it was read' },
  'admin/fault': { status: 500, title: 'Something went wrong here' },
  'admin/unavailable': { status: 503, title: 'The service is not available for the moment' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemCode = keyof typeof problemCatalogue;

/** One thing wrong with the input. */
export interface FieldMistake {
  /** Such as `scopes[0]`; empty for the input as a whole. */
  readonly path: string;
  readonly sentence: string;
}

export interface Problem {
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly errors?: readonly FieldMistake[];
}

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export function problem(code: ProblemCode, more: Omit<Problem, 'code'> = {}): { ok: false; problem: Problem } {
  return { ok: false, problem: { code, ...more } };
}

/** One field that cannot be. */
export function invalid(path: string, sentence: string): { ok: false; problem: Problem } {
  return problem('admin/invalid', { errors: [{ path, sentence }] });
}
