import { isClaimText } from './claim-text.ts';
import { acceptance, isNumericDate } from './clock.ts';
import { typs } from './constants.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { sameResource } from './resource-identifier.ts';
import { ok, type Result, refuse } from './result.ts';
import { formatScope, parseScope, type ScopeSet } from './scope.ts';
import { sameTyp } from './typ.ts';
import type { VerifiedJws } from './verified.ts';

/** Everything the resource authorization server decided about one access token. Times are seconds since the epoch. */
export interface AccessTokenInput {
  readonly issuer: string;
  /** The account at the resource authorization server, not the subject at the identity provider. */
  readonly subject: string;
  readonly resource: string;
  readonly clientId: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
  readonly scope: ScopeSet;
  readonly customer?: string;
  readonly authTime?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly act?: JsonObject;
  /** The thumbprint of the key that the token is bound to. */
  readonly provenKey?: string;
}

/** The payload as it is signed. */
export interface AccessTokenPayload {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly scope?: string;
  readonly customer?: string;
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly act?: JsonObject;
  readonly cnf?: { readonly jkt: string };
}

/**
 * The claims of an access token for one resource. `auth_time`, `acr` and `amr` travel on, so that the resource server can
 * ask for a fresher sign-on.
 *
 * RFC 9068 §2.2, RFC 9470 §6.
 */
export function buildAccessTokenClaims(input: AccessTokenInput): AccessTokenPayload {
  return {
    iss: input.issuer, // RED-30
    sub: input.subject, // RED-30, ACT-02
    aud: input.resource, // RED-18, MCP-03
    client_id: input.clientId, // RED-30
    iat: input.issuedAt, // RED-30
    exp: input.issuedAt + input.lifetimeSeconds, // RED-30
    jti: input.jti, // RED-30
    scope: input.scope.length === 0 ? undefined : formatScope(input.scope), // RED-30
    customer: input.customer,
    auth_time: input.authTime, // RED-30, STP-05
    acr: input.acr, // RED-30, STP-05
    amr: input.amr, // RED-30, STP-05
    act: input.act, // RED-30, ACT-03
    cnf: input.provenKey === undefined ? undefined : { jkt: input.provenKey }, // RED-30, DPO-09
  };
}

/** What a resource server may rely on after the checks. */
export interface AccessTokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly resource: string;
  readonly clientId: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly scope: ScopeSet;
  readonly customer: string | undefined;
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  readonly payload: JsonObject;
}

export interface AccessTokenExpectations {
  readonly issuer: string;
  readonly resource: string;
  readonly nowSeconds: number;
  readonly skewSeconds: number;
  /** The thumbprint of the key that the request proved. Absent: a token that is bound to any key is refused. */
  readonly provenKey?: string;
}

/**
 * Accepts an access token made for exactly this resource by exactly this authorization server. Anything else with a good
 * signature — an ID-JAG, an ID token, a token for a neighbour — is refused.
 *
 * RFC 9068 §4, MCP 2026-07-28 authorization.
 */
export function checkAccessTokenClaims(
  jws: Pick<VerifiedJws, 'header' | 'payload'>,
  expected: AccessTokenExpectations,
): Result<AccessTokenClaims> {
  const { header, payload } = jws;
  if (!sameTyp(header.typ, typs.accessToken)) return refuse('bearer/typ', { typ: header.typ }); // RSV-01, RSV-02, ATK-09
  return checkAccessTokenPayload(payload, expected);
}

/** The same for claims without a JOSE header: an introspection response that a trusted endpoint gave. RFC 7662 §2.2. */
export function checkAccessTokenPayload(
  payload: JsonObject,
  expected: AccessTokenExpectations,
): Result<AccessTokenClaims> {
  if (payload.iss !== expected.issuer) return refuse('bearer/issuer', { found: payload.iss }); // RSV-01, RSV-02
  if (!isOnlyAudience(payload.aud, expected.resource)) return refuse('bearer/audience', { found: payload.aud }); // RSV-01, MCP-13, LES-35, ATK-61
  const binding = checkBinding(payload.cnf, expected.provenKey);
  if (!binding.ok) return binding; // RSV-03
  const times = checkTimes(payload, expected);
  if (!times.ok) return times;
  const scope = readScope(payload.scope);
  if (!scope.ok) return scope;

  const { sub, client_id: clientId, jti } = payload;
  if (!isClaimText(sub) || !isClaimText(clientId) || !isClaimText(jti)) return refuse('bearer/claims'); // RSV-01
  if (!hasSoundOptionalClaims(payload)) return refuse('bearer/claims'); // LES-35
  return ok({
    issuer: expected.issuer,
    subject: sub,
    resource: expected.resource,
    clientId,
    jti,
    issuedAt: payload.iat as number,
    expiresAt: payload.exp as number,
    scope: scope.value,
    customer: payload.customer as string | undefined,
    authTime: payload.auth_time as number | undefined,
    acr: payload.acr as string | undefined,
    amr: payload.amr as readonly string[] | undefined,
    payload,
  });
}

/**
 * A bound token needs the proof of its key, and a proof needs a token that is bound to its key: neither passes for less
 * than it is. A `cnf` that says anything else refuses the token.
 *
 * RFC 9449 §6.1, §7.1, RFC 7800 §3.1.
 */
function checkBinding(cnf: JsonValue | undefined, provenKey: string | undefined): Result<void> {
  if (cnf === undefined) return provenKey === undefined ? ok(undefined) : refuse('bearer/not-bound'); // RSV-03, LES-32
  if (provenKey === undefined) return refuse('bearer/confirmation'); // RSV-03
  const isUnderstood = isJsonObject(cnf) && Object.keys(cnf).length === 1;
  if (!isUnderstood || cnf.jkt !== provenKey) return refuse('bearer/proof-key'); // RSV-03, LES-32, ATK-35
  return ok(undefined);
}

function isOnlyAudience(aud: JsonValue | undefined, resource: string): boolean {
  const only = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  return typeof only === 'string' && sameResource(only, resource);
}

function checkTimes(payload: JsonObject, expected: AccessTokenExpectations): Result<void> {
  const { exp, iat, nbf, auth_time: authTime } = payload;
  const latest = expected.nowSeconds + expected.skewSeconds;
  if (!isNumericDate(exp)) return refuse('bearer/claims', { claim: 'exp' }); // RSV-01, LES-35
  if (!isNumericDate(iat)) return refuse('bearer/claims', { claim: 'iat' }); // RSV-01, LES-35
  if (nbf !== undefined && !isNumericDate(nbf)) return refuse('bearer/claims', { claim: 'nbf' }); // LES-35

  const { acceptUntil } = acceptance(exp, expected.skewSeconds);
  if (expected.nowSeconds >= acceptUntil) return refuse('bearer/expired', { exp }); // RSV-01
  if (iat > latest) return refuse('bearer/not-yet-valid', { iat }); // RSV-01
  if (nbf !== undefined && nbf > latest) return refuse('bearer/not-yet-valid', { nbf });
  if (isNumericDate(authTime) && authTime > latest) return refuse('bearer/not-yet-valid', { authTime }); // RSV-05
  return ok(undefined);
}

function readScope(scope: JsonValue | undefined): Result<ScopeSet> {
  if (scope === undefined) return ok([]);
  const parsed = typeof scope === 'string' ? parseScope(scope) : undefined;
  return parsed?.ok === true ? parsed : refuse('bearer/claims', { claim: 'scope' }); // RSV-01
}

function hasSoundOptionalClaims(payload: JsonObject): boolean {
  const { customer, auth_time: authTime, acr, amr } = payload;
  if (customer !== undefined && !isClaimText(customer)) return false;
  if (authTime !== undefined && !isNumericDate(authTime)) return false;
  if (acr !== undefined && !isClaimText(acr)) return false;
  return amr === undefined || (Array.isArray(amr) && amr.every(isClaimText));
}
