import {
  type Clock,
  type FormParameters,
  isFormMediaType,
  jsonResponse,
  newId,
  ok,
  type PlainRequest,
  type PlainResponse,
  parseForm,
  type Refusal,
  type Result,
  readClientCredentials,
  refusalResponse,
  refuse,
  sameResource,
} from '@crossgrant/protocol';
import type { VerificationKey } from '@crossgrant/protocol/jws';
import type { RefusalCounter } from '../audit/refusal-counter.ts';
import type { GovernedResource, ResourceDirectory } from '../directory/resource-directory.ts';
import type { IssuedToken, ResourceStore } from '../store/resource-store.ts';
import { findActiveToken } from './find-active-token.ts';

export interface IntrospectDeps {
  readonly issuer: string;
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly refusals: RefusalCounter;
  readonly explainUrl?: string;
  directory(): ResourceDirectory;
  refreshDirectory(): Promise<void>;
  verificationKeys(): readonly VerificationKey[];
}

/**
 * Tells a resource server whether a token made for it is live.
 *
 * The verdict is found once, before anything is written: a token of another audience, an ended one and a text that is no
 * token are one and the same answer.
 *
 * RFC 7662 §2, RFC 9470 §6.2.
 */
export async function introspect(request: PlainRequest, deps: IntrospectDeps): Promise<PlainResponse> {
  const asked = readIntrospection(request, deps.directory());
  if (!asked.ok) return answerRefusal(request, asked.refusal, deps);

  // A replica that has not heard of a revocation yet must not call the token live.
  const isStale = (await deps.store.readEpoch()) !== deps.directory().epoch;
  if (isStale) await deps.refreshDirectory(); // REV-14, LES-20
  const token = await findActiveToken(asked.value.token, {
    issuer: deps.issuer,
    store: deps.store,
    directory: deps.directory(),
    verificationKeys: deps.verificationKeys(),
    now: deps.clock(),
  });
  const isInactive = token === undefined || !sameResource(token.audience, asked.value.resource.identifier); // REV-02, LES-76
  return jsonResponse(200, isInactive ? { active: false } : activeBody(token, deps.issuer));
}

function readIntrospection(
  request: PlainRequest,
  directory: ResourceDirectory,
): Result<{ token: string; resource: GovernedResource }> {
  if (request.method !== 'POST') return refuse('request/method');
  const mediaType = isFormMediaType(request.headers);
  if (!mediaType.ok) return mediaType;
  const form = parseForm(request.body);
  if (!form.ok) return form;

  const resource = authenticateResourceServer(request, form.value, directory);
  if (!resource.ok) return resource;
  const token = form.value.get('token');
  return token === undefined
    ? refuse('request/missing-parameter', { name: 'token' })
    : ok({ token, resource: resource.value });
}

/** A resource server has credentials of its own; its identifier is its client id, form-encoded in Basic. RFC 7662 §2.1. */
function authenticateResourceServer(
  { headers }: PlainRequest,
  form: FormParameters,
  directory: ResourceDirectory,
): Result<GovernedResource> {
  const presented = readClientCredentials({ headers, form });
  if (!presented.ok) return presented;
  if (!('secret' in presented.value)) return refuse('client/method', { method: presented.value.method });

  const resource = directory.resource(presented.value.clientId);
  if (resource?.verifyIntrospectionSecret === undefined)
    return refuse('client/unknown', { clientId: presented.value.clientId });
  if (!resource.verifyIntrospectionSecret(presented.value.secret))
    return refuse('client/secret', { clientId: presented.value.clientId }); // REV-02
  return ok(resource);
}

function activeBody(token: IssuedToken, issuer: string): object {
  return {
    active: true,
    scope: token.scope === '' ? undefined : token.scope,
    client_id: token.clientId,
    token_type: token.provenKey === undefined ? 'Bearer' : 'DPoP', // DPO-09
    exp: token.expiresAt / 1000,
    iat: token.issuedAt / 1000,
    nbf: token.issuedAt / 1000,
    sub: token.accountId,
    aud: token.audience,
    iss: issuer,
    jti: token.tokenId,
    customer: token.customerId,
    act: token.actor,
    cnf: token.provenKey === undefined ? undefined : { jkt: token.provenKey }, // DPO-09
    auth_time: token.authTime,
    acr: token.acr,
    amr: token.amr,
  };
}

function answerRefusal(request: PlainRequest, refusal: Refusal, deps: IntrospectDeps): PlainResponse {
  const id = newId('aud', deps.clock());
  deps.refusals.count(request.remoteAddress, refusal.code);
  const challenge = request.headers.get('authorization') === undefined ? undefined : 'Basic realm="introspection"';
  const isAuthentication = refusal.code.startsWith('client/');
  return refusalResponse(refusal, {
    id,
    explainUrl: deps.explainUrl,
    wwwAuthenticate: isAuthentication ? challenge : undefined,
  });
}
