import type { Requirement } from '../requirement.ts';

/** CLI: client duties. */
// biome-ignore format: a table, one rule a line
export const cli: readonly Requirement[] = [
  { id: 'CLI-01', role: 'CL', level: 'MUST', source: 'MCP-EMA+ §7.5.4; PR-4', says: 'Keep ID token / RT server-side or in OS secure storage; never in browser storage; never logged.', status: 'enforced' },
  { id: 'CLI-02', role: 'CL', level: 'MUST', source: 'RFC 8693 §2.2.1', says: 'Check the exchange response: `issued_token_type` is id-jag, `token_type` equals `N_A` ignoring case (tolerate absent with a warning), JWT-shaped `access_token`. Never use it as a bearer token.', status: 'enforced' },
  { id: 'CLI-03', role: 'CL', level: 'SHOULD', source: 'ID-JAG-04 §9.8.1.1; PR-2', says: 'Decode (not trust) the ID-JAG: `aud` equals the RAS issuer asked for, `client_id` equals own id at that RAS, `cnf.jkt` equals own key when a proof was sent, `resource` ⊆ asked. Mismatch → do not send.', status: 'enforced' },
  { id: 'CLI-04', role: 'CL', level: 'MUST', source: 'ATK-14', says: 'Send the ID-JAG only to the token endpoint of the RAS whose validated metadata has the issuer = `aud`.', status: 'enforced' },
  { id: 'CLI-05', role: 'CL', level: 'MUST', source: 'RED-26; ID-JAG-04 §4.4.4', says: 'New grant per redemption: do not depend on reuse. On `invalid_grant` from the RAS: get one new ID-JAG and retry once, then fail.', status: 'enforced' },
  { id: 'CLI-06', role: 'CL', level: 'MUST', ours: true, source: 'product', says: 'Cache access tokens by (user, IdP, RAS, resource, scope set, key); renew shortly before expiry; single-flight concurrent renewals.', status: 'enforced' },
  { id: 'CLI-07', role: 'CL', level: 'MUST', source: 'product', says: 'Error handling table below.', status: 'enforced' },
  { id: 'CLI-08', role: 'CL', level: 'MUST', source: 'ID-JAG-04 §4.3.4, §4.4.1; PR-2', says: 'Compare granted `scope`, `resource`, `authorization_details` with what was asked; surface the difference. Reject a granted `resource` that was not asked for.', status: 'enforced' },
  { id: 'CLI-09', role: 'CL', level: 'MUST', source: 'OIDC Back-Channel Logout', says: 'Drop all tokens of a user on logout, back-channel logout or account switch.', status: 'enforced' },
  { id: 'CLI-10', role: 'CL', level: 'SHOULD', source: 'ID-JAG-04 §4.4.4', says: 'Use the IdP refresh token (or RT-as-subject) to avoid re-login; if that fails, re-authenticate at the IdP.', status: 'enforced' },
  { id: 'CLI-11', role: 'CL', level: 'MUST', ours: true, source: 'product', says: 'HTTPS only (loopback exempt in development), no redirects followed on token requests, timeouts, size limits.', status: 'enforced' },
];
