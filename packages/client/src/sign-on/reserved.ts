import { CrossgrantMisuse } from '../errors.ts';

/** Parameters of the authorization request that the client sets itself, or that would replace the request. */
const reserved: ReadonlySet<string> = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'acr_values',
  'max_age',
  'prompt',
  'request',
  'request_uri',
]);

/** Refuses extra parameters that would undo what protects the sign-on. */
export function requireUnreserved(extra: Readonly<Record<string, string>>): void {
  const taken = Object.keys(extra).find((name) => reserved.has(name));
  if (taken !== undefined) throw reservedParameter(taken); // LES-94
}

function reservedParameter(name: string): CrossgrantMisuse {
  return new CrossgrantMisuse('misuse/reserved-parameter', `The client sets "${name}" itself: leave it out of extra.`);
}
