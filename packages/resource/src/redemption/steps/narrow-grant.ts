import {
  checkAuthorizationDetails,
  type FormParameters,
  type IdJagClaims,
  intersect,
  type JsonObject,
  ok,
  parseResourceIdentifier,
  parseScope,
  type Result,
  readActor,
  readResources,
  readScope,
  refuse,
  type ScopeSet,
  stepUpWire,
  strictestNeeds,
} from '@crossgrant/protocol';
import { openResource, scopesWithin } from '../../directory/reach.ts';
import type {
  GovernedResource,
  ResourceClient,
  ResourceDirectory,
  TrustedIssuer,
} from '../../directory/resource-directory.ts';

interface Granting {
  readonly claims: IdJagClaims;
  readonly trusted: TrustedIssuer;
  readonly form: FormParameters;
}

/** Every resource of the claim is governed here and open to this issuer; one foreign member refuses the whole. */
export function readClaimedResources(
  { claims, trusted }: Pick<Granting, 'claims' | 'trusted'>,
  { directory }: { directory: ResourceDirectory },
): Result<{ claimedResources: readonly GovernedResource[] | undefined }> {
  const named = readResources(claims);
  if (!named.ok) return named; // RED-16, ATK-30
  if (named.value === undefined) return ok({ claimedResources: undefined });

  const governed: GovernedResource[] = [];
  for (const identifier of named.value) {
    const resource = openResource(identifier, trusted, directory);
    if (resource === undefined) return refuse('assertion/resource-foreign', { resource: identifier }); // RED-16, ATK-30, ATK-31
    if (!governed.includes(resource)) governed.push(resource);
  }
  return ok({ claimedResources: governed });
}

/** The request may narrow the claim, never leave it. RFC 8707 §2. */
export function readRequestedResource(
  { form, trusted, claimedResources }: Granting & { claimedResources: readonly GovernedResource[] | undefined },
  { directory }: { directory: ResourceDirectory },
): Result<{ requestedResource: GovernedResource | undefined }> {
  const text = form.get('resource');
  if (text === undefined) return ok({ requestedResource: undefined });
  const identifier = parseResourceIdentifier(text);
  if (!identifier.ok) return identifier;

  const resource = openResource(identifier.value, trusted, directory);
  if (resource === undefined) return refuse('assertion/resource-not-within', { resource: text }); // RED-17
  if (claimedResources !== undefined && !claimedResources.includes(resource))
    return refuse('assertion/resource-not-within', { resource: text }); // RED-17, ATK-30
  return ok({ requestedResource: resource });
}

/** One audience: the requested resource, the only claimed one, or the configured default. ID-JAG-04 §4.4.1. */
export function chooseResource(
  {
    trusted,
    claimedResources,
    requestedResource,
  }: Pick<Granting, 'trusted'> & {
    claimedResources: readonly GovernedResource[] | undefined;
    requestedResource: GovernedResource | undefined;
  },
  { directory }: { directory: ResourceDirectory },
): Result<{ resource: GovernedResource }> {
  if (requestedResource !== undefined) return ok({ resource: requestedResource });
  if (claimedResources?.length === 1 && claimedResources[0] !== undefined) return ok({ resource: claimedResources[0] });

  const byDefault =
    trusted.defaultResource === undefined ? undefined : openResource(trusted.defaultResource, trusted, directory);
  if (claimedResources === undefined) {
    return byDefault === undefined ? refuse('assertion/resource-missing') : ok({ resource: byDefault }); // RED-18
  }
  if (byDefault === undefined || !claimedResources.includes(byDefault)) return refuse('assertion/resource-ambiguous'); // RED-18
  return ok({ resource: byDefault });
}

export interface GrantedScope {
  readonly scopesRequested: ScopeSet | undefined;
  readonly scope: ScopeSet;
}

/**
 * What is asked, within the claim, within the resource, within the client's ceiling. A claim without scope stands for the
 * configured defaults of the issuer, never for everything.
 *
 * ID-JAG-04 §4.4.1, RFC 6749 §3.3.
 */
export function narrowScope({
  claims,
  trusted,
  form,
  client,
  resource,
}: Granting & { client: ResourceClient; resource: GovernedResource }): Result<GrantedScope> {
  const claimed = readScope(claims);
  if (!claimed.ok) return claimed;
  const ceiling = claimed.value ?? trusted.defaultScopes;
  if (ceiling === undefined || ceiling.length === 0) return refuse('assertion/scope-no-default'); // RED-20, ATK-27
  const requested = readRequestedScope(form);
  if (!requested.ok) return requested;

  let scope = ceiling;
  if (requested.value !== undefined) scope = intersect(requested.value, scope); // RED-19, ATK-27
  scope = intersect(scope, resource.scopes); // RED-19, RED-22
  if (client.scopes !== undefined) scope = intersect(scope, client.scopes); // RED-19
  if (scope.length === 0) return refuse('assertion/scope-empty'); // RED-19
  return ok({ scopesRequested: requested.value, scope });
}

/**
 * Leaves the scopes whose demand the sign-on meets. Where none is left, the client learns which sign-on would do for all
 * that it could have had.
 *
 * RFC 9470 §3, by analogy at the token endpoint.
 */
export function checkSignOn({
  claims,
  resource,
  scope,
  nowSeconds,
}: {
  claims: IdJagClaims;
  resource: GovernedResource;
  scope: ScopeSet;
  nowSeconds: number;
}): Result<{ scope: ScopeSet }> {
  const enough = scopesWithin(claims, scope, resource, nowSeconds);
  if (enough.length > 0) return ok({ scope: enough });
  const needs = scope.flatMap((one) => resource.signOnByScope?.[one] ?? []);
  return refuse('assertion/sign-on', { acr: claims.acr, authTime: claims.authTime }, stepUpWire(strictestNeeds(needs))); // STP-06
}

/** Details restrict and no handler knows them; an actor is kept for display and widens nothing. RFC 9396 §5, RFC 8693 §4.1. */
export function readRestrictions({
  claims,
  form,
}: Pick<Granting, 'claims' | 'form'>): Result<{ actor: JsonObject | undefined }> {
  const details = checkAuthorizationDetails(claims);
  if (!details.ok) return details; // RED-21, ATK-32
  if (form.get('authorization_details') !== undefined)
    return refuse('assertion/authorization-details', { parameter: true }); // RED-21
  const actor = readActor(claims);
  return actor.ok ? ok({ actor: actor.value }) : actor;
}

function readRequestedScope(form: FormParameters): Result<ScopeSet | undefined> {
  const text = form.get('scope');
  return text === undefined ? ok(undefined) : parseScope(text);
}
