/** Why a JWS is not accepted. Each caller maps it to its own refusal. */
export interface JwsProblem {
  readonly problem:
    | 'too-large'
    | 'parts'
    | 'encrypted'
    | 'encoding'
    | 'header'
    | 'payload'
    | 'algorithm'
    | 'critical'
    | 'key-unknown'
    | 'signature';
}

export function jwsProblem(problem: JwsProblem['problem']): { readonly ok: false; readonly refusal: JwsProblem } {
  return { ok: false, refusal: { problem } };
}
