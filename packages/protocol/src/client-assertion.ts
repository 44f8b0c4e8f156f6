import { acceptance, isNumericDate } from './clock.ts';
import { limits, typs } from './constants.ts';
import type { JsonObject } from './json.ts';
import { ok, type Result, refuse } from './result.ts';
import { sameTyp } from './typ.ts';
import type { VerifiedJws } from './verified.ts';

/** Longest life of a client assertion, from its issue (or from now, when undated) to its expiry. */
const maximumLifetimeSeconds = 300;

export interface ClientAssertionExpectations {
  readonly clientId: string;
  readonly issuer: string;
  readonly nowSeconds: number;
  readonly skewSeconds: number;
  /** Legacy clients alone: the token endpoint URL that they use as audience. */
  readonly alsoAudience?: string;
}

/** What remains to be recorded: the use of `jti`, until `expiresAt` plus skew. */
export interface AcceptedClientAssertion {
  readonly clientId: string;
  readonly jti: string;
  readonly expiresAt: number;
}

/**
 * The client that an unverified assertion claims to come from: good for finding keys and for nothing else. A `client_id`
 * in the body must agree.
 *
 * RFC 7521 §4.2, RFC 7523 §3.
 */
export function claimedClient(payload: JsonObject, bodyClientId: string | undefined): Result<string> {
  const { iss, sub } = payload;
  if (typeof iss !== 'string' || iss === '' || iss.length > 2_048) return refuse('client/assertion-malformed'); // CAU-01
  if (sub !== iss) return refuse('client/assertion-issuer'); // CAU-01
  if (bodyClientId !== undefined && bodyClientId !== iss) return refuse('client/identifier-mismatch'); // CAU-08
  return ok(iss);
}

/**
 * Accepts a verified client assertion made for this server alone. The caller then records `jti`, once.
 *
 * RFC 7523 §3, draft-ietf-oauth-rfc7523bis-11.
 */
export function checkClientAssertion(
  jws: VerifiedJws,
  expected: ClientAssertionExpectations,
): Result<AcceptedClientAssertion> {
  const { header, payload } = jws;
  if (!isAssertionTyp(header.typ)) return refuse('client/assertion-typ'); // CAU-03, ATK-08
  if (payload.iss !== expected.clientId || payload.sub !== expected.clientId) return refuse('client/assertion-issuer'); // CAU-01
  if (!isOnlyAudience(payload.aud, expected)) return refuse('client/assertion-audience'); // CAU-02, ATK-56

  const { jti } = payload;
  if (typeof jti !== 'string' || jti === '' || jti.length > limits.identifierCharacters)
    return refuse('client/assertion-malformed'); // CAU-03
  const expiresAt = checkTime(payload, expected);
  return expiresAt.ok ? ok({ clientId: expected.clientId, jti, expiresAt: expiresAt.value }) : expiresAt;
}

function isAssertionTyp(typ: unknown): boolean {
  return typ === undefined || sameTyp(typ, typs.clientAssertion) || sameTyp(typ, 'JWT');
}

function isOnlyAudience(aud: unknown, expected: ClientAssertionExpectations): boolean {
  const only = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (only === expected.issuer) return true;
  return typeof only === 'string' && only === expected.alsoAudience;
}

function checkTime(payload: JsonObject, expected: ClientAssertionExpectations): Result<number> {
  const { exp, iat, nbf } = payload;
  const { nowSeconds, skewSeconds } = expected;
  if (!isNumericDate(exp)) return refuse('client/assertion-malformed'); // CAU-01
  if (iat !== undefined && !isNumericDate(iat)) return refuse('client/assertion-malformed');
  if (nbf !== undefined && !isNumericDate(nbf)) return refuse('client/assertion-malformed');

  if (nowSeconds >= acceptance(exp, skewSeconds).acceptUntil) return refuse('client/assertion-time', { exp }); // CAU-01
  if ((iat ?? nowSeconds) > nowSeconds + skewSeconds) return refuse('client/assertion-time', { iat }); // CAU-01
  if ((nbf ?? nowSeconds) > nowSeconds + skewSeconds) return refuse('client/assertion-time', { nbf });
  if (exp - (iat ?? nowSeconds) > maximumLifetimeSeconds) return refuse('client/assertion-time', { exp, iat }); // CAU-01
  return ok(exp);
}
