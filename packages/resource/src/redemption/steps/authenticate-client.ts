import { readClientAssertion, verifyClientAssertion } from '@crossgrant/platform';
import {
  type AcceptedClientAssertion,
  type FormParameters,
  grantTypes,
  ok,
  type PlainRequest,
  type PresentedCredentials,
  type Result,
  readClientCredentials,
  refuse,
} from '@crossgrant/protocol';
import type { ResourceClient, ResourceDirectory } from '../../directory/resource-directory.ts';
import { endpointsOf } from '../../server/endpoints.ts';
import { passed } from '../step.ts';

/** A client that proved itself. An assertion must be used up before anything that rests on it is answered. */
export interface ProvenClient {
  readonly client: ResourceClient;
  readonly clientAssertion: AcceptedClientAssertion | undefined;
}

export interface ClientRequest {
  readonly request: PlainRequest;
  readonly form: FormParameters;
  readonly nowSeconds: number;
}

type Server = { readonly issuer: string; readonly directory: ResourceDirectory };

/**
 * Authenticates the client with the credentials registered here; those it uses at the IdP mean nothing.
 *
 * The method must be the registered one: a secret is no way round a stronger registration. Blocked beats every credential.
 *
 * ID-JAG-04 §4.4, §4.4.1, RFC 6749 §2.3.
 */
export function authenticateClient(
  received: ClientRequest,
  server: Server,
): Result<ProvenClient> | Promise<Result<ProvenClient>> {
  const presented = readClientCredentials({ headers: received.request.headers, form: received.form });
  if (!presented.ok) return presented;
  if (presented.value.method === 'private_key_jwt') return proveByAssertion(presented.value, received, server);

  const client = findClient(presented.value.clientId, presented.value.method, server);
  if (!client.ok) return client;
  const proven = proveBySecret(client.value, presented.value);
  return proven.ok ? ok({ client: client.value, clientAssertion: undefined }) : proven;
}

/** Confidential, and registered for this grant. Public clients have no switch here. ID-JAG-04 §9.1. */
export function checkClientMayRedeem({ client }: { client: ResourceClient }): Result<object> {
  if (!isConfidential(client)) return refuse('client/public', { clientId: client.clientId }); // RED-04, CAU-04, ATK-40
  if (!client.grantTypes.includes(grantTypes.jwtBearer))
    return refuse('client/grant-not-registered', { clientId: client.clientId }); // RED-04
  return passed;
}

/** Whether the client can prove itself at all. */
export function isConfidential(client: ResourceClient): boolean {
  return client.verifySecret !== undefined || client.assertions !== undefined;
}

async function proveByAssertion(
  presented: Extract<PresentedCredentials, { method: 'private_key_jwt' }>,
  { nowSeconds }: ClientRequest,
  server: Server,
): Promise<Result<ProvenClient>> {
  const read = readClientAssertion(presented);
  if (!read.ok) return read;
  const found = findClient(read.value.clientId, presented.method, server);
  if (!found.ok) return found;
  const { clientId, assertions } = found.value;
  if (assertions === undefined) return refuse('client/method', { clientId, method: presented.method }); // LES-28

  const { issuer } = server;
  const verifier = { issuer, tokenEndpoint: endpointsOf(issuer).token, nowSeconds };
  const accepted = await verifyClientAssertion(read.value, { clientId, ...assertions }, verifier);
  return accepted.ok ? ok({ client: found.value, clientAssertion: accepted.value }) : accepted; // CAU-02, CAU-03, ATK-56
}

function findClient(
  clientId: string,
  method: PresentedCredentials['method'],
  { directory }: Server,
): Result<ResourceClient> {
  const client = directory.client(clientId);
  if (client === undefined) return refuse('client/unknown', { clientId }); // RED-03
  if (client.state !== 'active') return refuse('client/blocked', { clientId }); // RED-03, LES-20
  if (method === 'none' && !isConfidential(client)) return ok(client);
  if (!(client.authMethods as readonly string[]).includes(method)) return refuse('client/method', { clientId, method }); // RED-03, LES-28
  return ok(client);
}

function proveBySecret(client: ResourceClient, presented: PresentedCredentials): Result<object> {
  if (presented.method === 'none') return passed;
  const secret = 'secret' in presented ? presented.secret : undefined;
  if (secret === undefined || client.verifySecret?.(secret) !== true)
    return refuse('client/secret', { clientId: client.clientId }); // RED-03, CAU-06
  return passed;
}
