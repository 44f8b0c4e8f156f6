import { limits } from './constants.ts';
import type { IdJagClaims } from './id-jag-claims.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { parseResourceIdentifier, type ResourceIdentifier } from './resource-identifier.ts';
import { ok, type Result, refuse } from './result.ts';
import { parseScope, type ScopeSet } from './scope.ts';

const maximumResources = 16;

/**
 * Reads `resource`: undefined when absent, else the identifiers it names. One malformed member refuses the whole.
 *
 * ID-JAG-04 §3.1, RFC 8707 §2.
 */
export function readResources(claims: IdJagClaims): Result<readonly ResourceIdentifier[] | undefined> {
  const { resource } = claims.payload;
  if (resource === undefined) return ok(undefined);
  const members: readonly JsonValue[] = Array.isArray(resource) ? resource : [resource as JsonValue];
  if (members.length === 0 || members.length > maximumResources) return refuse('assertion/resource-malformed'); // RED-16, ATK-46

  const identifiers: ResourceIdentifier[] = [];
  for (const member of members) {
    if (typeof member !== 'string') return refuse('assertion/resource-malformed'); // RED-16, ATK-46
    const identifier = parseResourceIdentifier(member);
    if (!identifier.ok) return refuse('assertion/resource-malformed', identifier.refusal.detail); // RED-16, ATK-30
    identifiers.push(identifier.value);
  }
  return ok(identifiers);
}

/**
 * Reads `scope`: undefined when absent, which never means "all". An array is refused.
 *
 * ID-JAG-04 §3.1, RFC 6749 §3.3.
 */
export function readScope(claims: IdJagClaims): Result<ScopeSet | undefined> {
  const { scope } = claims.payload;
  if (scope === undefined) return ok(undefined);
  if (typeof scope !== 'string') return refuse('assertion/scope-malformed'); // RED-10, IDJ-11, ATK-46
  const parsed = parseScope(scope);
  return parsed.ok ? parsed : refuse('assertion/scope-malformed'); // IDJ-11, LES-30
}

/**
 * Refuses `authorization_details`, whatever they say: they restrict, and no handler understands them yet.
 *
 * RFC 9396 §5, ID-JAG-04 §4.4.1.
 */
export function checkAuthorizationDetails(claims: IdJagClaims): Result<void> {
  if (claims.payload.authorization_details !== undefined) return refuse('assertion/authorization-details'); // RED-21, IDJ-12, ATK-32
  return ok(undefined);
}

/**
 * Reads `act`, for display and audit. It never widens anything: the authenticated client and the subject stay what they
 * are. A malformed or too deep chain is refused.
 *
 * RFC 8693 §4.1, ID-JAG-04 §9.7.
 */
export function readActor(claims: IdJagClaims): Result<JsonObject | undefined> {
  const { act } = claims.payload;
  if (act === undefined) return ok(undefined);
  if (!isActorChain(act)) return refuse('assertion/actor'); // ACT-03
  return ok(act as JsonObject);
}

function isActorChain(act: JsonValue): boolean {
  let link: JsonValue | undefined = act;

  for (let depth = 1; link !== undefined; depth++) {
    if (depth > limits.actorDepth) return false; // ACT-03
    if (!isJsonObject(link) || !isActor(link)) return false; // ACT-03
    link = link.act;
  }
  return true;
}

function isActor(link: JsonObject): boolean {
  const { sub, iss } = link;
  if (typeof sub !== 'string' || sub === '') return false;
  return iss === undefined || typeof iss === 'string';
}
