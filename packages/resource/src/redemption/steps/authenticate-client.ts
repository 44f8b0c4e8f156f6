import { type ReadClientAssertion, readClientAssertion, verifyClientAssertion } from '@crossgrant/platform';
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
import type { ResourceClient } from '../../directory/resource-directory.ts';
import { endpointsOf } from '../../server/endpoints.ts';
import type { RedemptionContext } from '../context.ts';
import { passed } from '../step.ts';
import { describedClient, isVouchedFor } from './describe-client.ts';

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

type Server = Pick<RedemptionContext, 'issuer' | 'directory' | 'clientDocuments'>;

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
  const claim = readClaim(presented.value);
  if (!claim.ok) return claim;
  const { clientId } = claim.value;
  const client = server.directory.client(clientId);
  if (client === undefined) return refuse('client/unknown', { clientId }); // RED-03
  if (client.state !== 'active') return refuse('client/blocked', { clientId }); // RED-03, LES-20, LES-44
  if (client.document === undefined) return prove(client, claim.value, received, server);
  return proveDescribed(client, claim.value, received, server);
}

type Presented = PresentedCredentials;
type Claim =
  | { readonly clientId: string; readonly presented: Exclude<Presented, { method: 'private_key_jwt' }> }
  | ReadClientAssertion;

function readClaim(presented: Presented): Result<Claim> {
  if (presented.method === 'private_key_jwt') return readClientAssertion(presented);
  return ok({ clientId: presented.clientId, presented });
}

/** A client that describes itself is read first; the rest is as for every other. */
async function proveDescribed(
  client: ResourceClient,
  claim: Claim,
  received: ClientRequest,
  server: Server,
): Promise<Result<ProvenClient>> {
  if (server.clientDocuments === undefined) return refuse('client/unknown', { clientId: client.clientId });
  if (client.document === 'unapproved' && !(await isVouchedFor(client.clientId, received.form, server.directory)))
    return refuse('client/not-approved', { clientId: client.clientId }); // CID-10
  const read = await server.clientDocuments.resolve(client.clientId);
  return read.ok ? prove(describedClient(client, read.value), claim, received, server) : read; // CID-05, CID-08
}

function prove(
  client: ResourceClient,
  claim: Claim,
  received: ClientRequest,
  server: Server,
): Result<ProvenClient> | Promise<Result<ProvenClient>> {
  const { clientId } = client;
  const method = 'jws' in claim ? 'private_key_jwt' : claim.presented.method;
  const isPublic = method === 'none' && !isConfidential(client);
  if (!isPublic && !(client.authMethods as readonly string[]).includes(method))
    return refuse('client/method', { clientId, method }); // RED-03, LES-28
  if ('jws' in claim) return proveByAssertion(client, claim, received, server);
  const proven = proveBySecret(client, claim.presented);
  return proven.ok ? ok({ client, clientAssertion: undefined }) : proven;
}

/**
 * Registered for this grant, and confidential: or public with a metadata document, where an administrator lets such clients
 * in. Theirs is what is bound to their key alone, see `judgeBinding`. ID-JAG-04 §9.1.
 */
export function checkClientMayRedeem(
  { client }: { client: ResourceClient },
  { directory }: Pick<RedemptionContext, 'directory'>,
): Result<object> {
  const isLetIn = directory.publicClients && client.document !== undefined;
  if (!isConfidential(client) && !isLetIn) return refuse('client/public', { clientId: client.clientId }); // RED-04, CAU-04, ATK-40
  if (!client.grantTypes.includes(grantTypes.jwtBearer))
    return refuse('client/grant-not-registered', { clientId: client.clientId }); // RED-04
  return passed;
}

/** Whether the client can prove itself at all. */
export function isConfidential(client: ResourceClient): boolean {
  return client.verifySecret !== undefined || client.assertions !== undefined;
}

async function proveByAssertion(
  client: ResourceClient,
  read: ReadClientAssertion,
  { nowSeconds }: ClientRequest,
  { issuer }: Server,
): Promise<Result<ProvenClient>> {
  const { clientId, assertions } = client;
  if (assertions === undefined) return refuse('client/method', { clientId, method: 'private_key_jwt' });
  const verifier = { issuer, tokenEndpoint: endpointsOf(issuer).token, nowSeconds };
  const accepted = await verifyClientAssertion(read, { clientId, ...assertions }, verifier);
  return accepted.ok ? ok({ client, clientAssertion: accepted.value }) : accepted; // CAU-02, CAU-03, ATK-56
}

function proveBySecret(client: ResourceClient, presented: PresentedCredentials): Result<object> {
  if (presented.method === 'none') return passed;
  const secret = 'secret' in presented ? presented.secret : undefined;
  if (secret === undefined || client.verifySecret?.(secret) !== true)
    return refuse('client/secret', { clientId: client.clientId }); // RED-03, CAU-06
  return passed;
}
