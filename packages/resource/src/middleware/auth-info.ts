import type { AccessTokenClaims, JsonObject, ScopeSet } from '@crossgrant/protocol';

/**
 * Who calls, as the access token says. There is no anonymous value of this type: whoever holds one holds a verified
 * caller. The token itself is not in it, so it cannot be passed on upstream.
 *
 * RFC 9068 §2.2, MCP 2026-07-28 authorization (token passthrough).
 */
export interface AuthInfo {
  /** With `subject`, the key of the account. Never keyed by subject alone. */
  readonly issuer: string;
  readonly subject: string;
  /** The customer that the authorization server put into the token; never taken from the request. */
  readonly customer: string | undefined;
  readonly clientId: string;
  /** Granted scopes, and those which they imply. */
  readonly scope: ScopeSet;
  readonly resource: string;
  readonly jti: string;
  readonly expiresAt: number;
  readonly authTime: number | undefined;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  /** Every claim of the token, for what is not named above. */
  readonly claims: JsonObject;
}

/** The caller out of checked claims; `reach` adds the scopes that the granted ones imply. */
export function authInfoOf(claims: AccessTokenClaims, reach: (scope: ScopeSet) => ScopeSet): AuthInfo {
  return {
    issuer: claims.issuer, // RSV-07
    subject: claims.subject, // RSV-07
    customer: claims.customer, // RSV-07
    clientId: claims.clientId,
    scope: reach(claims.scope), // RSV-04
    resource: claims.resource,
    jti: claims.jti,
    expiresAt: claims.expiresAt,
    authTime: claims.authTime, // RSV-05
    acr: claims.acr, // RSV-05
    amr: claims.amr,
    claims: claims.payload,
  };
}
