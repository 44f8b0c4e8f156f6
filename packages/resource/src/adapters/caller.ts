import { Misuse } from '@crossgrant/platform';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { ResourceServer } from '../middleware/create-resource-server.ts';

/** Where adapters keep the caller on the framework's own request, out of the way of everybody else's names. */
const admitted = Symbol('the caller that a gate let in');

interface Admitted {
  readonly [admitted]?: { readonly gate: ResourceServer; readonly auth: AuthInfo };
}

export function keepCaller(request: object, gate: ResourceServer, auth: AuthInfo): void {
  Object.assign(request, { [admitted]: { gate, auth } });
}

/** The caller this gate has let in already, where it stands in front of a route twice: once for all routes, once for its scopes. */
export function knownCaller(request: object, gate: ResourceServer): AuthInfo | undefined {
  const known = (request as Admitted)[admitted];
  return known?.gate === gate ? known.auth : undefined;
}

/** The caller of a request that a gate let in. Where no gate stood in front this throws: there is no anonymous caller. */
export function callerOf(request: object): AuthInfo {
  const known = (request as Admitted)[admitted];
  if (known === undefined)
    throw new Misuse('resource-server/no-gate', 'callerOf: no gate stands in front of this route; put one there.'); // LES-86
  return known.auth;
}
