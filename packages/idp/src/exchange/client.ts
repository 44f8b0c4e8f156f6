import {
  type ClientApp,
  type ProofDeps,
  type ProvenClientApp,
  proveClientApp,
  readClientClaim,
} from '@crossgrant/identity';
import {
  type FormParameters,
  grantTypes,
  ok,
  type PlainHeaders,
  type Result,
  readClientCredentials,
  refuse,
} from '@crossgrant/protocol';
import type { LiveState } from '../snapshot/live-state.ts';

export interface ClientProof {
  readonly headers: PlainHeaders;
  readonly form: FormParameters;
  readonly live: LiveState;
  readonly nowMs: number;
}

/** Proves the client before anything else of the request is looked at. RFC 6749 §2.3, ID-JAG-04 §9.1. */
export function proveClient(
  deps: Omit<ProofDeps, 'nowMs'>,
  { headers, form, live, nowMs }: ClientProof,
): Result<ProvenClientApp> | Promise<Result<ProvenClientApp>> {
  const presented = readClientCredentials({ headers, form });
  if (!presented.ok) return presented; // TEX-03
  const claim = readClientClaim(presented.value);
  if (!claim.ok) return claim; // TEX-03
  return proveClientApp(live.client(claim.value.clientId), claim.value, { ...deps, nowMs }); // TEX-03
}

/** Only confidential clients that are registered for the grant go on. RFC 6749 §5.2. */
export function checkGrant(client: ClientApp): Result<object> {
  if (client.tokenEndpointAuthMethods.includes('none')) return refuse('client/public'); // TEX-03, CAU-04, ATK-40
  if (!client.grantTypes.includes(grantTypes.tokenExchange)) return refuse('client/grant-not-registered'); // TEX-04, LES-19
  return ok({});
}
