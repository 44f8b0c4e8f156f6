import type { Requirement } from '../requirement.ts';

/** KEY: keys and remote documents. */
// biome-ignore format: a table, one rule a line
export const key: readonly Requirement[] = [
  { id: 'KEY-01', role: 'IDP, RAS', level: 'MUST', source: 'RFC 7517; RFC 8725', says: 'JWKS over https with public members only; each key `kid` (unique), `alg`, `use:"sig"`; RSA ≥ 2048, EC P-256/384, Ed25519.', status: 'enforced' },
  { id: 'KEY-02', role: 'IDP, RAS', level: 'MUST', ours: true, source: 'MCP-EMA+ §7.4.1', says: 'Rotation: publish the new key ≥ max cache age (1 h) before signing with it; keep the old one ≥ longest token lifetime after; emergency revoke removes at once.', status: 'enforced' },
  { id: 'KEY-03', role: 'RAS, RS, CL', level: 'MUST', ours: true, source: 'MCP-EMA+ §7.4.1', says: 'Fetch only configured `jwks_uri` (from admin config or from metadata whose `issuer` matched); https; no redirects; 5 s; ≤ 256 KB; SSRF filter; cache by `max-age` clamped to 5 min–24 h; one in-flight fetch per issuer.', status: 'enforced' },
  { id: 'KEY-04', role: 'RAS', level: 'MUST', ours: true, source: 'ATK-17', says: 'Unknown `kid`: one refresh, then negative cache ≥ 30 s per issuer (an attacker must not be able to drive fetches).', status: 'enforced' },
  { id: 'KEY-05', role: 'RAS', level: 'MUST', ours: true, source: 'ATK-18', says: 'Fetch fails: use the last good set up to 24 h, alert; after that fail closed with HTTP 503. A key that vanished from a successful fetch is refused at once.', status: 'enforced' },
  { id: 'KEY-06', role: 'RAS', level: 'MUST', source: 'RFC 8725 §3.1', says: 'Key selection by issuer first, `kid` second. Never search across issuers. JWK `alg`, if present, must equal header `alg`; `kty` must fit.', status: 'enforced' },
  { id: 'KEY-07', role: 'ALL', level: 'MUST', ours: true, source: 'RFC 8725 §3.11', says: 'Separate keys per purpose where cheap (ID token/ID-JAG, AT, SET); always separated by `typ`.', status: 'enforced' },
];
