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
import type { DpopProof } from '@crossgrant/protocol/jws';
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
  return described.ok ? proveClientApp(described.value, claim, deps) : described; // CID-08
}

type ClientDeps = { readonly describeClient: DescribeClient };

/** An app that proves nothing but its name. */
export function isPublic({ tokenEndpointAuthMethods }: ClientApp): boolean {
  return tokenEndpointAuthMethods.includes('none');
}

/**
 * Only clients that are registered for the grant go on, and of public ones only those with a metadata document, where an
 * administrator lets them in. RFC 6749 §5.2, ID-JAG-04 §9.1.
 */
export function checkGrant(client: ClientApp, { publicClients }: { readonly publicClients: boolean }): Result<object> {
  if (isPublic(client) && !(publicClients && hasDocument(client))) return refuse('client/public'); // CAU-04, ATK-40
  if (!client.grantTypes.includes(grantTypes.tokenExchange)) return refuse('client/grant-not-registered'); // TEX-04, LES-19
  return ok({});
}

/** What a public client gets is bound to the key it proved, and so of no use to whoever knows its id. ID-JAG-04 §9.1. */
export function checkPublicProof({
  client,
  proof,
}: {
  readonly client: ClientApp;
  readonly proof: DpopProof | undefined;
}): Result<object> {
  if (isPublic(client) && proof === undefined) return refuse('client/public', { because: 'no proof' }); // CAU-04, ATK-40
  return ok({});
}
