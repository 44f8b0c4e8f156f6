import type { Requirement } from '../requirement.ts';

/** CID: client identifiers and metadata documents. */
// biome-ignore format: a table, one rule a line
export const cid: readonly Requirement[] = [
  { id: 'CID-01', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §5; MCP-EMA §7.1', says: 'Keep a mapping (client at IdP, RAS[, tenant]) → client id at RAS. No mapping and client id is not a CIMD URL → no ID-JAG.', status: 'enforced' },
  { id: 'CID-02', role: 'IDP', level: 'MUST NOT', ours: true, source: 'ID-JAG-04 §5', says: 'Let the client name its RAS client id in the request, or fall back to its IdP client id.', status: 'enforced' },
  { id: 'CID-03', role: 'IDP, RAS', level: 'MAY', source: 'ID-JAG-04 §5; MCP-EMA §5', says: 'CIMD URL as client id on both sides: identity mapping, no table.', status: 'enforced' },
  { id: 'CID-04', role: 'RAS', level: 'MUST', source: 'CIMD', says: 'CIMD URL: `https`, has a path, no fragment, no user info, no `.`/`..` segments; SHOULD have no query.', status: 'enforced' },
  { id: 'CID-05', role: 'RAS', level: 'MUST', source: 'CIMD; MCP 2026-07-28 client-registration', says: 'Fetch rule: 200 only, no redirects, JSON, `client_id` member equals the URL by code point, no `client_secret*`, no private key material; MCP adds `client_name` and `redirect_uris` as required members.', status: 'enforced' },
  { id: 'CID-06', role: 'RAS', level: 'MUST', source: 'CIMD §security', says: 'SSRF: resolve, refuse special-use addresses (RFC 6890) and re-check at connect time; loopback only in explicit development mode. ≤ 5 KB, ≤ 5 s, own user agent, no credentials sent.', status: 'enforced' },
  { id: 'CID-07', role: 'RAS', level: 'MUST', source: 'CIMD', says: 'Never cache errors or invalid documents; honour cache headers within bounds (min 60 s, max 24 h).', status: 'enforced' },
  { id: 'CID-08', role: 'RAS', level: 'MUST', source: 'CIMD', says: 'Document says `private_key_jwt` → require it (keys from `jwks`/`jwks_uri`, same fetch rules). No symmetric methods with CIMD.', status: 'enforced' },
  { id: 'CID-09', role: 'RAS', level: 'SHOULD', ours: true, source: 'CIMD', says: 'A key change in the document invalidates nothing by itself but is audited; a removed key is refused at once after refresh.', status: 'enforced' },
  { id: 'CID-10', role: 'RAS', level: 'MUST', ours: true, source: 'MCP 2026-07-28 security "domain trust policy"', says: 'Allow-list of CIMD domains or explicit admin approval; unknown URL + trusted IdP is not enough unless the admin chose "any client the IdP vouches for".', status: 'enforced' },
  { id: 'CID-11', role: 'AS', level: 'MUST', ours: true, source: 'CIMD', says: 'Server-generated client ids never start with `https://`.', status: { declined: 'no server makes a client id: administrators name clients, or a client names itself by the URL of its document' } },
  { id: 'CID-12', role: 'AS', level: 'MUST', source: 'CIMD', says: 'Advertise `client_id_metadata_document_supported: true` only if so.', status: 'enforced' },
  { id: 'CID-13', role: 'CL', level: 'SHOULD', source: 'ID-JAG-04 §8', says: 'Put `authorization_grant_profiles_supported` with the id-jag grant-profile URN in its metadata (DCR or CIMD) and then MUST list both `token-exchange` and `jwt-bearer` in `grant_types`.', status: { deferred: 'registration by the client SDK' } },
  { id: 'CID-14', role: 'RAS', level: 'MAY', ours: true, source: 'MCP 2026-07-28', says: 'Registration protocols: pre-registration > CIMD > DCR. MCP 2026-07-28 deprecates DCR; a RAS accepting ID-JAG should not let an anonymous DCR client use jwt-bearer.', status: { declined: 'clients are registered by administrators; dynamic registration is not offered' } },
];
