import type { Requirement } from '../requirement.ts';

/** MCP: Enterprise-Managed Authorization. */
// biome-ignore format: a table, one rule a line
export const mcp: readonly Requirement[] = [
  { id: 'MCP-01', role: 'CL', level: 'MUST', source: 'MCP-EMA §4', says: '`audience` in the exchange = RAS issuer identifier (no aliases in EMA).', status: 'enforced' },
  { id: 'MCP-02', role: 'CL', level: 'MUST', when: 'sent', source: 'MCP-EMA §4; HZ-08', says: "`resource` = the MCP server's RFC 9728 resource identifier. Optional since the stable text; required in the Oct 2025 draft, in the TypeScript SDK and in the conformance suite, so always send it.", status: 'enforced' },
  { id: 'MCP-03', role: 'RAS', level: 'MUST', source: 'MCP-EMA §5.1', says: 'Access token audience-restricted to the MCP server in the `resource` claim.', status: 'enforced' },
  { id: 'MCP-04', role: 'CL', level: 'SHOULD', source: 'MCP-EMA §6', says: "Detect support by MET-02's value in the RAS metadata.", status: 'enforced' },
  { id: 'MCP-05', role: 'CL', level: 'MUST', source: 'MCP extensions overview; MCP-EMA docs page', says: 'Announce the extension: 2026-07-28 in every request\'s `_meta["io.modelcontextprotocol/clientCapabilities"].extensions`; older: in `initialize`. Settings `{}`.', status: 'enforced' },
  { id: 'MCP-06', role: 'RS', level: 'MUST', when: 'offered', source: 'product', says: 'Announce in `server/discover` → `capabilities.extensions` (2026-07-28) or in the `initialize` result (older).', status: 'enforced' },
  { id: 'MCP-07', role: 'RS', level: 'MAY', source: 'MCP 2026-07-28 base', says: 'Mandatory extension and client lacks it: JSON-RPC error `-32021` with `data.requiredCapabilities`, HTTP 400.', status: { declined: 'the decisive signal is the metadata of the authorization server, MET-02' } },
  { id: 'MCP-08', role: 'CL', level: 'MUST NOT', source: 'MCP-EMA docs page', says: "redirect the user to the RAS authorization endpoint when the deployment is enterprise-managed; no silent fallback to the code flow unless the admin allows it (`fallback: 'never'` default in managed mode).", status: 'enforced' },
  { id: 'MCP-09', role: 'CL', level: 'MUST', source: 'MCP-EMA docs page; product', says: 'Enterprise configuration is per organisation: IdP issuer, client id, credentials; pinned, not discovered from the MCP server.', status: 'enforced' },
  { id: 'MCP-10', role: 'CL', level: 'MUST', source: 'MCP 2026-07-28; RFC 8414 §3.3; RFC 9728 §3.3', says: 'Find the RAS by PRM, in the well-known order of MCP 2026-07-28, verify `issuer` identity and PRM `resource` identity before asking for an ID-JAG.', status: 'enforced' },
  { id: 'MCP-11', role: 'CL', level: 'MUST', source: 'MCP 2026-07-28', says: '`Authorization` header on every request, never in the query; token only to the server it was issued for.', status: 'enforced' },
  { id: 'MCP-12', role: 'CL', level: 'SHOULD', source: 'MCP 2026-07-28', says: 'Scope choice: challenge `scope` first, then `scopes_supported`, else omit; on `insufficient_scope` request the union; bounded retries.', status: 'enforced' },
  { id: 'MCP-13', role: 'RS', level: 'MUST', source: 'MCP 2026-07-28', says: 'Validate audience; 401 for invalid/expired, 403 `insufficient_scope`, 400 malformed; never pass tokens upstream.', status: 'enforced' },
  { id: 'MCP-14', role: 'RS', level: 'SHOULD NOT', source: 'MCP 2026-07-28', says: 'list `offline_access` in scopes.', status: 'enforced' },
  { id: 'MCP-15', role: 'ALL', level: 'NOTE', source: 'MCP 2026-07-28', says: 'stdio transports do not use this.', status: { declined: 'states where the profile does not apply' } },
  { id: 'MCP-16', role: 'CL', level: 'MUST', source: 'MCP 2026-07-28', says: 'Resource URI form: lower-case scheme and host, no fragment, prefer no trailing slash; use exactly the string in PRM `resource`.', status: 'enforced' },
  { id: 'MCP-17', role: 'ADM', level: 'SHOULD', ours: true, source: 'MCP-EMA+ §7.2.1, §7.7', says: 'Scopes are agent capabilities: mark high-impact scopes, require step-up for them, version them, and re-approve when their meaning changes.', status: { deferred: 'risk and versions of scopes, with the console' } },
];
