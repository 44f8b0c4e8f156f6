import type { Requirement } from '../requirement.ts';

/** RTK: refresh tokens. */
// biome-ignore format: a table, one rule a line
export const rtk: readonly Requirement[] = [
  { id: 'RTK-01', role: 'RAS', level: 'SHOULD NOT', source: 'ID-JAG-04 §4.4.4', says: 'issue refresh tokens for ID-JAG. Crossgrant never does.', status: 'enforced' },
  { id: 'RTK-02', role: 'IDP', level: 'MAY', source: 'ID-JAG-04 §4.3', says: 'accept its own RTs as subject tokens.', status: 'enforced' },
  { id: 'RTK-03', role: 'IDP', level: 'MUST', ours: true, source: 'ID-JAG-04 §4.3.4 + RFC 9700 §4.14', says: 'Since the response carries no new RT, using an RT as subject token MUST NOT rotate or consume it. Reuse detection still applies: presenting a rotated-away RT revokes the family.', status: 'enforced' },
  { id: 'RTK-04', role: 'IDP', level: 'MUST', source: 'RFC 9700; MCP 2026-07-28', says: 'SSO refresh tokens: bound to client; rotate for public clients or sender-constrain; revoke on user disable, GTR, password reset.', status: 'enforced' },
  { id: 'RTK-05', role: 'IDP', level: 'MUST', ours: true, source: 'OIDC Core §12.2', says: 'RT-as-subject does not refresh `auth_time`: keep the original.', status: 'enforced' },
];
