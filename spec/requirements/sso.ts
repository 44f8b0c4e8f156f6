import type { Requirement } from '../requirement.ts';

/** SSO: OpenID Connect provider and logout. */
// biome-ignore format: a table, one rule a line
export const sso: readonly Requirement[] = [
  { id: 'SSO-01', role: 'IDP', level: 'MUST', source: 'OAuth 2.1; RFC 9700', says: 'Code flow only, PKCE S256 required, exact redirect-URI match (loopback port exception for native), `state`/`nonce` echoed, code single use ≤ 60 s, code replay revokes its tokens.', status: 'enforced' },
  { id: 'SSO-02', role: 'IDP', level: 'MUST', source: 'OIDC Core §2; OIDC Enterprise Extensions 01', says: 'ID token: `iss sub aud exp iat`, `nonce` if sent, `auth_time` when `max_age` or always, `acr`, `amr`, `sid`, optional `tenant`, `aud_sub`, `session_expiry`. RS256 must be available.', status: 'enforced' },
  { id: 'SSO-03', role: 'IDP', level: 'SHOULD', source: 'RFC 9207; MCP 2026-07-28', says: 'RFC 9207 `iss` in authorization responses + metadata flag; clients compare by code point, no normalisation.', status: 'enforced' },
  { id: 'SSO-04', role: 'IDP', level: 'MUST', source: 'OIDC Discovery', says: 'Discovery document per OIDC Discovery §3; UserInfo if offered.', status: 'enforced' },
  { id: 'SSO-05', role: 'IDP', level: 'SHOULD', source: 'OIDC RP-Initiated Logout', says: 'RP-initiated logout', status: 'enforced' },
  { id: 'SSO-06', role: 'IDP', level: 'SHOULD', source: 'OIDC Back-Channel Logout §2.4', says: 'Back-channel logout to every RP of the session, `logout_token` per W13: `typ` `logout+jwt`, `sub` and/or `sid`, `events` member with empty object, no `nonce`, `exp` ≤ 2 min, `jti`.', status: { deferred: 'back-channel logout' } },
  { id: 'SSO-07', role: 'CL, RAS', level: 'MUST', source: 'OIDC Back-Channel Logout §2.6–2.8', says: 'As RP validate logout tokens: signature, `iss`, `aud`, `iat`, `exp`, `alg` ≠ none, `events` key, `sub` or `sid`, absence of `nonce`, `jti` unseen. 200 on success (204 tolerated by OPs), 400 on failure, `no-store`.', status: { partly: 'every check on the token stands, and the receiver of client apps, which remembers its `jti`; that of the RAS does not yet' } },
  { id: 'SSO-08', role: 'ALL', level: 'NOTE', source: 'OIDC Back-Channel Logout §2.7; GTR-05', says: 'BCL says refresh tokens with `offline_access` SHOULD NOT be revoked by it. GTR and session-revoked say the opposite. Do not conflate: logout = session; GTR = everything.', status: { declined: 'states how two standards differ' } },
  { id: 'SSO-09', role: 'RAS', level: 'SHOULD', ours: true, source: 'product', says: 'BCL received as RP: end the user\'s sessions of that `sid`/`sub`; access tokens minted from ID-JAGs of that (`iss`,`sub`) are revoked only if the trust entry says "logout ends XAA tokens" (default yes for session-scoped clients).', status: { deferred: 'back-channel logout' } },
  { id: 'SSO-10', role: 'IDP', level: 'MUST', ours: true, source: 'TEX-09', says: 'After logout, ID tokens with that `sid` no longer work as subject tokens.', status: 'enforced' },
];
