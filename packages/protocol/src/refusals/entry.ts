/** What a refusal code means to the caller, and to the administrator who looks it up. */
export interface RefusalEntry {
  /** OAuth error code on the wire. */
  readonly error: string;
  readonly status: number;
  /** Public, fixed, and equal for all checks that an outsider must not tell apart. */
  readonly sentence: string;
  /** For administrators, the audit log and the explain page. */
  readonly reason: string;
  /** Requirement ids behind the check. */
  readonly rules: readonly string[];
}

/**
 * The public sentences. Every `invalid_grant`, `invalid_client` and denial is worded by one of these, so a caller
 * learns what to do next and not which check failed.
 */
export const sentences = {
  malformedRequest: 'The request is malformed',
  clientFailed: 'Client authentication failed',
  clientMayNot: 'The client may not use this grant',
  subjectToken: 'The subject token is not acceptable',
  assertion: 'The assertion is not acceptable',
  target: 'The requested audience or resource is not available to this client',
  scope: 'None of the requested scopes is permitted',
  details: 'The authorization details are not acceptable',
  denied: 'Not permitted by policy',
  stepUp: 'A fresh or stronger sign-on is needed',
  proof: 'The DPoP proof is not acceptable',
  proofNonce: 'The DPoP proof needs the nonce that is given here',
  token: 'The access token is not acceptable',
  logoutToken: 'The logout token is not acceptable',
  securityEvent: 'The security event is not acceptable',
} as const;
