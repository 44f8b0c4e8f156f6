import type { Requirement } from '../requirement.ts';

/** CAU: client authentication. */
// biome-ignore format: a table, one rule a line
export const cau: readonly Requirement[] = [
  { id: 'CAU-01', role: 'CL', level: 'MUST', source: 'rfc7523bis-11', says: '`private_key_jwt`', status: 'enforced' },
  { id: 'CAU-02', role: 'AS', level: 'MUST', source: 'rfc7523bis-11', says: 'Reject assertions whose `aud` is not exactly the issuer (token endpoint URL, arrays with more than one value; an array of one is fine).', status: 'enforced' },
  { id: 'CAU-03', role: 'AS', level: 'MUST', source: 'rfc7523bis-11; RFC 7523', says: 'Reject a wrong `typ`; a missing typ or `JWT` is accepted (rejecting untyped is not recommended by the draft). Single use of `jti` until `exp`.', status: 'enforced' },
  { id: 'CAU-04', role: 'IDP, RAS', level: 'SHOULD', source: 'ID-JAG-04 §9.1; MCP-EMA+ §7.7; issues #36, #85', says: 'Confidential clients only. If an operator enables public clients: CIMD client id, DPoP-bound ID-JAG required, `cnf` required at redemption.', status: 'enforced' },
  { id: 'CAU-05', role: 'AS', level: 'MUST', source: 'RFC 6749 §2.3', says: '`client_secret_basic`: form-url-decode both halves after base64. Only one authentication method per request.', status: 'enforced' },
  { id: 'CAU-06', role: 'AS', level: 'SHOULD', source: 'MCP-EMA+ §7.5.1; RFC 9700 §2.5', says: 'Prefer `private_key_jwt` or mTLS over shared secrets. Secrets stored hashed, compared in constant time, rotatable with overlap.', status: 'enforced' },
  { id: 'CAU-07', role: 'CL', level: 'MUST', source: 'MCP 2026-07-28', says: 'Never send a secret or assertion registered with one AS to another; key credentials by issuer.', status: 'enforced' },
  { id: 'CAU-08', role: 'AS', level: 'MUST', ours: true, source: 'RFC 7521 §4.2', says: '`client_id` in the body, if present with an assertion or Basic, must agree with it.', status: 'enforced' },
];
