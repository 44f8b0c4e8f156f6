import type { Requirement } from '../requirement.ts';

/** TEX: token exchange at the IdP. */
// biome-ignore format: a table, one rule a line
export const tex: readonly Requirement[] = [
  { id: 'TEX-01', role: 'IDP', level: 'MUST', source: 'RFC 6749 §3.2; RFC 8693 §2.1', says: 'POST + TLS + `application/x-www-form-urlencoded`; a parameter other than `resource` (and, in plain RFC 8693, `audience`) occurring twice → reject; empty value = absent.', status: 'enforced' },
  { id: 'TEX-02', role: 'IDP', level: 'MUST', ours: true, source: 'ID-JAG-04 §4.3, §4.4.1', says: 'Exactly one `audience` (an ID-JAG can carry only one).', status: 'enforced' },
  { id: 'TEX-03', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §9.1; MCP-EMA §4, MCP-EMA+ §7.7', says: 'Authenticate the client before looking at the subject token; never weaker than for SSO. EMA+ demands authentication in every case. Default: confidential only.', status: 'enforced' },
  { id: 'TEX-04', role: 'IDP', level: 'MUST', source: 'RFC 6749 §5.2', says: 'Client must be registered for the token-exchange grant.', status: 'enforced' },
  { id: 'TEX-05', role: 'IDP', level: 'MUST', source: 'RFC 8693 §2.1', says: '`requested_token_type` unknown → reject. (Absent → RFC 8693 default is an access token; not offered.)', status: 'enforced' },
  { id: 'TEX-06', role: 'IDP', level: 'MUST', source: 'RFC 8693 §2.2.2', says: 'Unknown or unsupported `subject_token_type` → reject.', status: 'enforced' },
  { id: 'TEX-07', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3.3', says: "ID token as subject: signature by own keys, own `iss`, unexpired, and `aud` = the authenticated client's id (the id at the IdP). Several audiences → reject.", status: 'enforced' },
  { id: 'TEX-08', role: 'IDP', level: 'MUST', source: 'PR-3; RFC 8725 §3.11–3.12; adopt now product', says: 'The token must really be an ID token: header `typ` absent or `JWT`; reject `at+jwt`, `oauth-id-jag+jwt`, `logout+jwt`, `secevent+jwt`, `client-authentication+jwt`, `dpop+jwt`, or a payload with an `events` claim.', status: 'enforced' },
  { id: 'TEX-09', role: 'IDP', level: 'SHOULD', ours: true, source: 'product; ID-JAG-04 §4.3.3 "evaluates policy"', says: "Check live state, not only the token: user active, session (`sid`) not ended, user not revoked after the token's `auth_time`, client still assigned.", status: 'enforced' },
  { id: 'TEX-10', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3.3; RFC 9449 §5', says: 'Refresh token as subject: validate as in a refresh grant: own, bound to the authenticated client, unexpired, not revoked, request within its authorization context; DPoP-bound RT needs the same key.', status: 'enforced' },
  { id: 'TEX-11', role: 'IDP', level: 'SHOULD', source: 'ID-JAG-04 §4.3.3', says: "With an RT, re-read the user's current attributes and policy so that the ID-JAG is fresh.", status: 'enforced' },
  { id: 'TEX-12', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.5', says: 'SAML assertion as subject: see SAM.', status: { deferred: 'SAML assertions as subject tokens' } },
  { id: 'TEX-13', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3; RFC 8693 §2.2.2', says: 'Resolve `audience`: exact match with a registered RAS issuer; or alias; the ID-JAG `aud` is always the registered issuer string.', status: 'enforced' },
  { id: 'TEX-14', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3.3; MCP-EMA+ §7.6.1; PR-2', says: '`resource`: absolute URI, no fragment (RFC 8707 §2); must belong to the RAS named by `audience` (registered pair).', status: 'enforced' },
  { id: 'TEX-15', role: 'IDP', level: 'MAY', ours: true, source: 'PR-2', says: "`resource` absent: use the connection's single/default resource and put it in the claim; if the connection has several and no default → reject.", status: 'enforced' },
  { id: 'TEX-16', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3.3; PR-1', says: "Evaluate the administrator's policy over (client, user and groups, audience, resources, scopes, authorization details, authentication context). Default deny.", status: 'enforced' },
  { id: 'TEX-17', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3.3', says: 'Grant may be a subset of the request for resource, scope, RAR; what was granted MUST be what stands in the ID-JAG.', status: 'enforced' },
  { id: 'TEX-18', role: 'IDP', level: 'MUST', ours: true, source: 'RFC 6749/9396/8707', says: 'Nothing left: requested scopes all denied → `invalid_scope`; all details denied → `invalid_authorization_details`; all resources denied → `invalid_target`.', status: 'enforced' },
  { id: 'TEX-19', role: 'IDP', level: 'SHOULD', ours: true, source: 'ID-JAG-04 §4.3.4', says: "`scope` absent in the request: grant the connection's default scopes, put them in the claim, and return `scope`.", status: 'enforced' },
  { id: 'TEX-20', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.3.4; RFC 8693 §2.2.1', says: 'Success: 200 with `issued_token_type` (id-jag URN), `access_token` (the JWT), `token_type` `N_A`; `no-store`.', status: 'enforced' },
  { id: 'TEX-21', role: 'IDP', level: 'MUST', when: 'it differs', source: 'ID-JAG-04 §4.3.4', says: '`scope` member when granted ≠ requested (always sent); `authorization_details` when they differ or were modified; `expires_in` RECOMMENDED and equal to `exp − now`.', status: 'enforced' },
  { id: 'TEX-22', role: 'IDP', level: 'SHOULD NOT', source: 'ID-JAG-04 §4.3.4', says: 'return `refresh_token`. Crossgrant never does.', status: 'enforced' },
  { id: 'TEX-23', role: 'IDP', level: 'MUST NOT', source: 'ID-JAG-04 §9.3', says: "issue an ID-JAG whose `aud` is the IdP's own issuer in the same trust domain.", status: 'enforced' },
  { id: 'TEX-24', role: 'IDP', level: 'MUST', source: 'RFC 8693 §2.1; ID-JAG-04 §4.3, §9.7', says: '`actor_token` without type, or type without token → reject. `actor_token` present but no actor profile configured → reject rather than ignore (ignoring it would hide the real actor).', status: 'enforced' },
  { id: 'TEX-25', role: 'IDP', level: 'MAY', source: 'ID-JAG-04 §9.2', says: 'Ask for step-up, see STP.', status: 'enforced' },
  { id: 'TEX-26', role: 'IDP', level: 'MUST', ours: true, source: 'RFC 9396 §5', says: '`authorization_details` syntax errors or unknown types.', status: 'enforced' },
  { id: 'TEX-27', role: 'IDP', level: 'MUST NOT', ours: true, source: 'product', says: 'reveal in `error_description` which rule, group or tenant denied; put a correlation id there and the reason in the audit log.', status: 'enforced' },
  { id: 'TEX-28', role: 'IDP', level: 'SHOULD', ours: true, source: 'MCP-EMA+ §7.5.1', says: 'Rate-limit per client and per (client, user).', status: 'enforced' },
];
