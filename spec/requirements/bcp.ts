import type { Requirement } from '../requirement.ts';

/** BCP: general OAuth security. */
// biome-ignore format: a table, one rule a line
export const bcp: readonly Requirement[] = [
  { id: 'BCP-01', role: 'AS', level: 'MUST', source: 'RFC 9700; OAuth 2.1', says: 'No implicit, no password grant; exact redirect URIs; PKCE; `iss` in responses; no open redirectors; RT rotation or sender constraint for public clients.', status: 'enforced' },
  { id: 'BCP-02', role: 'CL', level: 'MUST', source: 'RFC 9700 §4.4; RFC 9207', says: 'Mix-up defence: one redirect URI per AS or `iss` check; remember which AS each request went to.', status: 'enforced' },
  { id: 'BCP-03', role: 'CL, RS', level: 'MUST NOT', source: 'OAuth 2.1 §5.1', says: 'bearer tokens in query strings.', status: 'enforced' },
  { id: 'BCP-04', role: 'AS', level: 'SHOULD', source: 'RFC 9700 §2.3, §2.2.1', says: 'Audience- and privilege-restricted, sender-constrained access tokens.', status: 'enforced' },
  { id: 'BCP-05', role: 'ALL', level: 'MUST', source: 'MCP 2026-07-28; MCP-EMA+ §7.3', says: 'TLS 1.2+; HSTS; https everywhere except loopback in development.', status: 'enforced' },
  { id: 'BCP-06', role: 'AS', level: 'MUST', ours: true, source: 'product', says: 'Token endpoint sends no permissive credentialed CORS; metadata may be public CORS.', status: 'enforced' },
];
