import { hasClaimTexts, isClaimText } from './claim-text.ts';
import { acceptance, isNumericDate } from './clock.ts';
import { typs } from './constants.ts';
import type { IssuerUrl } from './issuer.ts';
import { trailingSlashAlias } from './issuer.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { ok, type Result, refuse } from './result.ts';
import { sameTyp } from './typ.ts';
import type { VerifiedJws } from './verified.ts';

/** The claims of a verified ID-JAG, each present and of its type. `payload` keeps the rest for the readers of restrictions. */
export interface IdJagClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  readonly clientId: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly notBefore: number | undefined;
  readonly tenant: string | undefined;
  readonly audTenant: string | undefined;
  readonly audSub: string | undefined;
  readonly email: string | undefined;
  readonly emailVerified: boolean | undefined;
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  readonly sessionExpiry: number | undefined;
  readonly payload: JsonObject;
}

/**
 * Whether the header says ID-JAG. Dispatch stands on this alone, so no other kind of token reaches these checks and no
 * ID-JAG reaches laxer ones.
 *
 * ID-JAG-04 §4.4.1, RFC 8725 §3.11.
 */
export function checkIdJagTyp(header: JsonObject): Result<void> {
  if (!sameTyp(header.typ, typs.idJag)) return refuse('assertion/typ', { typ: header.typ }); // RED-05, IDJ-01, ATK-07, ATK-08, ATK-59
  return ok(undefined);
}

/**
 * Reads the required claims, and the known optional ones, with their JSON types. A claim of a wrong type is refused, also
 * where it is optional: a reader that skips it would drop a restriction.
 *
 * ID-JAG-04 §3.1.
 */
export function checkTypes(jws: VerifiedJws): Result<IdJagClaims> {
  const { payload } = jws;
  const wrong = firstWrongClaim(payload);
  if (wrong !== undefined) return refuse('assertion/claims', { claim: wrong }); // RED-10, IDJ-07, ATK-46

  return ok({
    issuer: payload.iss as string,
    subject: payload.sub as string,
    audiences: typeof payload.aud === 'string' ? [payload.aud] : (payload.aud as readonly string[]),
    clientId: payload.client_id as string,
    jti: payload.jti as string,
    issuedAt: payload.iat as number,
    expiresAt: payload.exp as number,
    notBefore: payload.nbf as number | undefined,
    tenant: payload.tenant as string | undefined,
    audTenant: payload.aud_tenant as string | undefined,
    audSub: payload.aud_sub as string | undefined,
    email: payload.email as string | undefined,
    emailVerified: payload.email_verified as boolean | undefined,
    authTime: payload.auth_time as number | undefined,
    acr: payload.acr as string | undefined,
    amr: payload.amr as readonly string[] | undefined,
    sessionExpiry: payload.session_expiry as number | undefined,
    payload,
  });
}

export interface TimeExpectations {
  readonly nowSeconds: number;
  readonly skewSeconds: number;
  readonly lifetimeCapSeconds: number;
}

/**
 * Judges time with one tolerance, added once. The cap on `exp − iat` keeps a careless issuer from minting grants that
 * outlive its own decisions, and a sign-on that has yet to happen would outlive every revocation.
 *
 * RFC 7521 §5.2, RFC 7523 §3 (4, 5, 6).
 */
export function checkTime(claims: IdJagClaims, expected: TimeExpectations): Result<void> {
  const { issuedAt, expiresAt, notBefore, authTime } = claims;
  const latest = expected.nowSeconds + expected.skewSeconds;
  const lifetime = expiresAt - issuedAt;

  if (expected.nowSeconds >= acceptance(expiresAt, expected.skewSeconds).acceptUntil)
    return refuse('assertion/expired', { expiresAt }); // RED-11, ATK-45
  if (issuedAt > latest) return refuse('assertion/not-yet-valid', { issuedAt }); // RED-11, ATK-45
  if (notBefore !== undefined && notBefore > latest) return refuse('assertion/not-yet-valid', { notBefore }); // RED-11, IDJ-09, ATK-45
  if (authTime !== undefined && authTime > latest) return refuse('assertion/auth-time', { authTime }); // RED-25, REV-12
  if (lifetime > expected.lifetimeCapSeconds) return refuse('assertion/lifetime', { lifetime }); // RED-11, ATK-44
  if (lifetime <= 0) return refuse('assertion/lifetime', { lifetime }); // RED-11
  return ok(undefined);
}

/**
 * Accepts an assertion only if it was made for this authorization server and no other.
 *
 * A one-element array is equivalent to a string; longer arrays are refused, because a second audience could redeem the
 * same assertion elsewhere. The comparison is by code point. A per-issuer switch tolerates the other spelling of an
 * origin-only issuer.
 *
 * ID-JAG-04 §4.4.1, RFC 7523 §3 (3).
 */
export function checkAudience(
  claims: IdJagClaims,
  self: IssuerUrl | string,
  options: { readonly toleratesTrailingSlash?: boolean } = {},
): Result<void> {
  const { audiences } = claims;
  const tolerated = options.toleratesTrailingSlash === true ? trailingSlashAlias(self) : undefined;
  const isSelf = audiences[0] === self || (tolerated !== undefined && audiences[0] === tolerated);

  if (audiences.length !== 1) return refuse('assertion/audience', { audiences }); // RED-12, IDJ-03, ATK-02
  if (!isSelf) return refuse('assertion/audience', { audiences }); // RED-12, ATK-01
  return ok(undefined);
}

/**
 * The client that the assertion was made for must be the one that authenticated this very request.
 *
 * ID-JAG-04 §4.4.1.
 */
export function checkClient(claims: IdJagClaims, authenticatedClientId: string): Result<void> {
  if (claims.clientId !== authenticatedClientId) return refuse('assertion/client', { claimed: claims.clientId }); // RED-14, ATK-10, ATK-13
  return ok(undefined);
}

export type TenantExpectation = { readonly mode: 'single'; readonly pin?: string } | { readonly mode: 'multi' };

/**
 * The tenant that counts for an issuer: none, the pinned one, or, for an issuer that hosts many, whichever it names. A
 * tenant that nobody pinned is refused, because ignoring it would merge the tenants of a shared issuer.
 *
 * ID-JAG-04 §6.
 */
export function checkTenantShape(claims: IdJagClaims, expected: TenantExpectation): Result<string | undefined> {
  const { tenant } = claims;
  if (expected.mode === 'multi') {
    if (tenant === undefined) return refuse('assertion/tenant-missing'); // RED-13, SUB-03, ATK-22
    return ok(tenant);
  }
  if (tenant === undefined && expected.pin === undefined) return ok(undefined);
  if (expected.pin === undefined) return refuse('assertion/tenant-unpinned', { tenant }); // RED-13, SUB-04, ATK-22
  if (tenant !== expected.pin) return refuse('assertion/tenant-mismatch', { tenant }); // RED-13, SUB-04, ATK-22
  return ok(tenant);
}

type ClaimCheck = readonly [claim: string, test: (value: JsonValue | undefined) => boolean];

const claimChecks: readonly ClaimCheck[] = [
  ['iss', isClaimText], // RED-10
  ['sub', isClaimText], // RED-10
  ['aud', isAudience], // RED-10, ATK-46
  ['client_id', isClaimText], // RED-10, ATK-07
  ['jti', isClaimText], // RED-10, IDJ-07, ATK-46
  ['iat', isNumericDate], // RED-10, LES-35
  ['exp', isNumericDate], // RED-10, LES-35, ATK-46
  ['nbf', optional(isNumericDate)], // IDJ-09
  ['tenant', optional(isClaimText)],
  ['aud_tenant', optional(isClaimText)],
  ['aud_sub', optional(isClaimText)],
  ['email', optional(isClaimText)],
  ['email_verified', optional(isBoolean)],
  ['auth_time', optional(isNumericDate)],
  ['acr', optional(isClaimText)],
  ['amr', optional(isTextArray)],
  ['session_expiry', optional(isNumericDate)],
  ['act', optional(hasClaimTexts)], // ATK-46
];

function firstWrongClaim(payload: JsonObject): string | undefined {
  for (const [claim, test] of claimChecks) if (!test(payload[claim])) return claim;
  return undefined;
}

function isBoolean(value: JsonValue | undefined): boolean {
  return typeof value === 'boolean';
}

function isTextArray(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.length <= 32 && value.every(isClaimText);
}

/** Text or an array of texts; how many are allowed is the audience check's business. */
function isAudience(value: JsonValue | undefined): boolean {
  return isClaimText(value) || isTextArray(value);
}

function optional(test: (value: JsonValue | undefined) => boolean): (value: JsonValue | undefined) => boolean {
  return (value) => value === undefined || test(value);
}
