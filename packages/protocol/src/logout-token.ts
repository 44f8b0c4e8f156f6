import { isClaimText } from './claim-text.ts';
import { acceptance, isNumericDate } from './clock.ts';
import { typs } from './constants.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { ok, type Result, refuse } from './result.ts';
import { sameTyp } from './typ.ts';

/** The member of `events` that makes a token a logout token. */
export const backChannelLogoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

/** Whose sign-on ended. At least one of `subject` and `sid` is present; without `sid` it is every session of the subject. */
export interface LogoutNotice {
  readonly issuer: string;
  readonly subject: string | undefined;
  readonly sid: string | undefined;
  /** To be seen once, and remembered until `keepUntil`. */
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly keepUntil: number;
}

export interface LogoutTokenExpectations {
  readonly issuer: string;
  /** The client id at the issuer. */
  readonly clientId: string;
  readonly nowSeconds: number;
  readonly skewSeconds: number;
}

/**
 * Accepts the logout token of one issuer, made for one client. The caller has verified the signature with the issuer's
 * keys and an algorithm that is not `none`, and records `jti` afterwards: a token that was seen before changes nothing.
 *
 * Nothing else that an OpenID provider signs passes: ID tokens have a nonce or no event, security events and access
 * tokens another `typ`. A provider older than explicit types may leave `typ` out.
 *
 * OIDC Back-Channel Logout §2.4, §2.6.
 */
export function checkLogoutToken(
  { header, payload }: { readonly header: JsonObject; readonly payload: JsonObject },
  expected: LogoutTokenExpectations,
): Result<LogoutNotice> {
  const { iss, aud, iat, exp, jti, sub, sid, nonce } = payload;
  if (!isLogoutTyp(header.typ)) return refuse('logout-token/typ', { typ: header.typ }); // SSO-07, ATK-50
  if (iss !== expected.issuer) return refuse('logout-token/issuer', { found: iss }); // SSO-07, ATK-50
  if (!isOnlyAudience(aud, expected.clientId)) return refuse('logout-token/audience', { found: aud }); // SSO-07
  if (nonce !== undefined) return refuse('logout-token/nonce'); // SSO-07, ATK-50
  if (!isLogoutEvent(payload.events)) return refuse('logout-token/event'); // SSO-07, ATK-50
  if (!isClaimText(jti)) return refuse('logout-token/claims', { claim: 'jti' }); // SSO-07
  if (!isNumericDate(iat)) return refuse('logout-token/claims', { claim: 'iat' }); // SSO-07
  if (!isNumericDate(exp)) return refuse('logout-token/claims', { claim: 'exp' }); // SSO-07
  if (sub !== undefined && !isClaimText(sub)) return refuse('logout-token/claims', { claim: 'sub' }); // SSO-07
  if (sid !== undefined && !isClaimText(sid)) return refuse('logout-token/claims', { claim: 'sid' }); // SSO-07
  if (sub === undefined && sid === undefined) return refuse('logout-token/nobody'); // SSO-07

  const { acceptUntil, keepUntil } = acceptance(exp, expected.skewSeconds);
  if (expected.nowSeconds >= acceptUntil) return refuse('logout-token/expired', { exp }); // SSO-07
  if (iat > expected.nowSeconds + expected.skewSeconds) return refuse('logout-token/not-yet-valid', { iat }); // SSO-07
  return ok({ issuer: expected.issuer, subject: sub, sid, jti, keepUntil });
}

function isLogoutTyp(typ: JsonValue | undefined): boolean {
  return typ === undefined || sameTyp(typ, typs.logoutToken) || sameTyp(typ, 'JWT');
}

function isOnlyAudience(aud: JsonValue | undefined, clientId: string): boolean {
  return aud === clientId || (Array.isArray(aud) && aud.length === 1 && aud[0] === clientId);
}

/** The event stands alone, as an object: what else the token might report would go unread. */
function isLogoutEvent(events: JsonValue | undefined): boolean {
  if (!isObject(events)) return false;
  const names = Object.keys(events);
  return names.length === 1 && names[0] === backChannelLogoutEvent && isObject(events[backChannelLogoutEvent]);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
