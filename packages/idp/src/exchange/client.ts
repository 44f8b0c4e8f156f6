import {
  type ClientApp,
  type ClientClaim,
  type DescribeClient,
  hasDocument,
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
  deps: Omit<ProofDeps, 'nowMs'> & ClientDeps,
  { headers, form, live, nowMs }: ClientProof,
): Result<ProvenClientApp> | Promise<Result<ProvenClientApp>> {
  const presented = readClientCredentials({ headers, form });
  if (!presented.ok) return presented; // TEX-03
  const claim = readClientClaim(presented.value);
  if (!claim.ok) return claim; // TEX-03
  const app = live.client(claim.value.clientId);
  const proof = { ...deps, nowMs };
  return hasDocument(app) ? proveDescribed(app, claim.value, proof) : proveClientApp(app, claim.value, proof); // TEX-03
}

/** An app that describes itself is read first; the rest is as for every other. */
async function proveDescribed(
  app: ClientApp,
  claim: ClientClaim,
  deps: ProofDeps & ClientDeps,
): Promise<Result<ProvenClientApp>> {
  const described = await deps.describeClient(app);
  return described.ok ? proveClientApp(described.value, claim, deps) : described; // CID-05, CID-08
}

type ClientDeps = { readonly describeClient: DescribeClient };

/** Only confidential clients that are registered for the grant go on. RFC 6749 §5.2. */
export function checkGrant(client: ClientApp): Result<object> {
  if (client.tokenEndpointAuthMethods.includes('none')) return refuse('client/public'); // TEX-03, CAU-04, ATK-40
  if (!client.grantTypes.includes(grantTypes.tokenExchange)) return refuse('client/grant-not-registered'); // TEX-04, LES-19
  return ok({});
}
