import {
  type FormParameters,
  grantTypes,
  ok,
  type PresentedCredentials,
  type Result,
  readClientCredentials,
  refuse,
} from '@crossgrant/protocol';
import type { ResourceClient, ResourceDirectory } from '../../directory/resource-directory.ts';
import type { Received } from '../context.ts';
import { passed } from '../step.ts';

/**
 * Authenticates the client with the credentials registered here; those it uses at the IdP mean nothing.
 *
 * The method must be the registered one: a secret is no way round a stronger registration. Blocked beats every credential.
 *
 * ID-JAG-04 §4.4, §4.4.1, RFC 6749 §2.3.
 */
export function authenticateClient(
  { request, form }: Pick<Received, 'request'> & { form: FormParameters },
  { directory }: { directory: ResourceDirectory },
): Result<{ client: ResourceClient }> {
  const presented = readClientCredentials({ headers: request.headers, form });
  if (!presented.ok) return presented;

  const client = presented.value.clientId === undefined ? undefined : directory.client(presented.value.clientId);
  if (client === undefined) return refuse('client/unknown', { clientId: presented.value.clientId }); // RED-03
  const proven = proveClient(client, presented.value);
  return proven.ok ? ok({ client }) : proven;
}

/** Confidential, and registered for this grant. Public clients have no switch here. ID-JAG-04 §9.1. */
export function checkClientMayRedeem({ client }: { client: ResourceClient }): Result<object> {
  if (client.verifySecret === undefined) return refuse('client/public', { clientId: client.clientId }); // RED-04, CAU-04, ATK-40
  if (!client.grantTypes.includes(grantTypes.jwtBearer))
    return refuse('client/grant-not-registered', { clientId: client.clientId }); // RED-04
  return passed;
}

function proveClient(client: ResourceClient, presented: PresentedCredentials): Result<object> {
  if (client.state !== 'active') return refuse('client/blocked', { clientId: client.clientId }); // RED-03, LES-20
  if (presented.method === 'none' && client.verifySecret === undefined) return passed;
  if (!isRegistered(client, presented.method))
    return refuse('client/method', { clientId: client.clientId, method: presented.method }); // RED-03, LES-28

  const secret = 'secret' in presented ? presented.secret : undefined;
  if (secret === undefined || client.verifySecret?.(secret) !== true)
    return refuse('client/secret', { clientId: client.clientId }); // RED-03, CAU-06
  return passed;
}

function isRegistered(client: ResourceClient, method: PresentedCredentials['method']): boolean {
  return (client.authMethods as readonly string[]).includes(method);
}
