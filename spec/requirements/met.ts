import type { Requirement } from '../requirement.ts';

/** MET: metadata and discovery. */
// biome-ignore format: a table, one rule a line
export const met: readonly Requirement[] = [
  { id: 'MET-01', role: 'IDP', level: 'SHOULD', source: 'ID-JAG-04 §7.1; identity-chaining-17', says: '`identity_chaining_requested_token_types_supported` contains the id-jag token type. Chaining allows leaving it out for privacy, so a client must not treat absence as "unsupported" when the admin configured the IdP.', status: 'enforced' },
  { id: 'MET-02', role: 'RAS', level: 'SHOULD', source: 'ID-JAG-04 §7.2; MCP-EMA §6', says: '`authorization_grant_profiles_supported` contains `urn:ietf:params:oauth:grant-profile:id-jag`, and then `grant_types_supported` MUST contain jwt-bearer.', status: 'enforced' },
  { id: 'MET-03', role: 'RAS', level: 'MUST NOT', source: 'ID-JAG-04 §9.4', says: 'list trusted issuers or tenants in public metadata.', status: 'enforced' },
  { id: 'MET-04', role: 'RAS', level: 'MAY', source: 'ID-JAG-04 §9.4', says: 'offer a protected "would you accept issuer X for me?" call; then client authentication is required and the answer is specific to that client.', status: { declined: 'the optional call would tell a client which issuers are trusted' } },
  { id: 'MET-05', role: 'AS', level: 'MUST', source: 'RFC 8414 §2, §3.3', says: '`issuer` in the document equals the identifier used to form the well-known URL; https; no query or fragment.', status: 'enforced' },
  { id: 'MET-06', role: 'AS', level: 'MUST', ours: true, source: 'MCP 2026-07-28; RFC 8414 §5', says: 'Serve both `/.well-known/oauth-authorization-server` and `/.well-known/openid-configuration` (prefix forms; suffix form too for path issuers), identical content.', status: 'enforced' },
  { id: 'MET-07', role: 'AS', level: 'MUST', ours: true, source: 'SDK source, Aug 2026', says: "Always publish `authorization_endpoint` and `response_types_supported`, even if only jwt-bearer is used: the MCP TypeScript SDK's metadata schema rejects documents without them.", status: 'enforced' },
  { id: 'MET-08', role: 'AS', level: 'MUST', source: 'MCP 2026-07-28 security', says: 'Publish `code_challenge_methods_supported: ["S256"]`; MCP clients refuse to proceed without it.', status: 'enforced' },
  { id: 'MET-09', role: 'RS', level: 'MUST', source: 'RFC 9728 §3; MCP 2026-07-28', says: 'RFC 9728 metadata at the path-inserted well-known URL; `resource` exactly equal to the identifier the client used; `authorization_servers` with at least one issuer.', status: 'enforced' },
  { id: 'MET-10', role: 'RS', level: 'MUST', source: 'RFC 9728 §5.1; MCP 2026-07-28', says: '401 carries `WWW-Authenticate: Bearer resource_metadata="…"`; SHOULD carry `scope`.', status: 'enforced' },
  { id: 'MET-11', role: 'RAS', level: 'SHOULD', ours: true, source: 'RFC 9728 §4', says: '`protected_resources` in AS metadata so that PRM ↔ AS can be cross-checked.', status: 'enforced' },
  { id: 'MET-12', role: 'AS', level: 'SHOULD', source: 'product', says: '`Cache-Control` on metadata and JWKS (e.g. 300–3600 s), CORS `GET` on metadata.', status: 'enforced' },
];
