import type { Requirement } from '../requirement.ts';

/** RSV: resource server. */
// biome-ignore format: a table, one rule a line
export const rsv: readonly Requirement[] = [
  { id: 'RSV-01', role: 'RS', level: 'MUST', source: 'RFC 9068 §4', says: 'JWT AT: `typ` `at+jwt`; signature by RAS keys; `iss` exact; `aud` contains own resource identifier; `exp`; `alg` allow-list.', status: 'enforced' },
  { id: 'RSV-02', role: 'RS', level: 'MUST', source: 'ID-JAG-04 §2.1', says: 'Reject ID tokens, ID-JAGs (`typ`), tokens of the IdP.', status: 'enforced' },
  { id: 'RSV-03', role: 'RS', level: 'MUST', source: 'RFC 9449 §7', says: 'DPoP-bound (`cnf.jkt`): scheme `DPoP`, proof with `ath`, same key. A bound token under `Bearer` → reject.', status: 'enforced' },
  { id: 'RSV-04', role: 'RS', level: 'MUST', source: 'RFC 6750; MCP 2026-07-28', says: 'Scope check per operation; account for scope hierarchy.', status: 'enforced' },
  { id: 'RSV-05', role: 'RS', level: 'MAY', source: 'RFC 9470 §3', says: 'Require `acr`/`auth_time`.', status: 'enforced' },
  { id: 'RSV-06', role: 'RS', level: 'MAY', source: 'RFC 7662; MCP-EMA+ §7.5.4', says: 'Introspection (RFC 7662) for opaque tokens or live revocation; RS authenticates; `active:false` discloses nothing else; cache ≤ 30 s.', status: 'enforced' },
  { id: 'RSV-07', role: 'RS', level: 'MUST', source: 'product', says: "Account key is the AT's (`iss`,`sub`), tenant from the AT, never from request input.", status: 'enforced' },
  { id: 'RSV-08', role: 'RS', level: 'MUST NOT', source: 'MCP 2026-07-28', says: 'forward the token upstream.', status: 'enforced' },
];
