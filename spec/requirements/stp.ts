import type { Requirement } from '../requirement.ts';

/** STP: step-up. */
// biome-ignore format: a table, one rule a line
export const stp: readonly Requirement[] = [
  { id: 'STP-01', role: 'IDP', level: 'MAY', source: 'ID-JAG-04 §9.2; RFC 9470; PR-7', says: 'Policy not met by `acr`/`amr`/`auth_time` of the session → 400 with `acr_values` (space-delimited string) and/or `max_age` (JSON number of seconds).', status: 'enforced' },
  { id: 'STP-02', role: 'IDP', level: 'MUST', ours: true, source: 'PR-7', says: 'Use it only if a better login could succeed; otherwise `access_denied`/`invalid_target`/`invalid_scope`.', status: 'enforced' },
  { id: 'STP-03', role: 'IDP', level: 'MUST', source: 'OIDC Core §3.1.2.1', says: 'Honour `acr_values`, `max_age`, `prompt=login` at `/authorize`; `max_age` requested → `auth_time` in the ID token.', status: 'enforced' },
  { id: 'STP-04', role: 'CL', level: 'MUST', source: 'ID-JAG-04 §9.2', says: 'Go to the IdP with those values, use the new ID token; not the old RT (whose session context did not change). Bounded retries.', status: 'enforced' },
  { id: 'STP-05', role: 'RAS', level: 'MUST', ours: true, source: 'RFC 9470 §6', says: 'Carry `auth_time`/`acr`/`amr` into the AT so that the RS can evaluate RFC 9470.', status: 'enforced' },
  { id: 'STP-06', role: 'RAS', level: 'MAY', ours: true, source: 'product', says: 'If the RAS itself demands an `acr` per scope: answer 400 `insufficient_user_authentication` with `acr_values`/`max_age`. Not defined by the draft for the RAS; a client that does not know it treats it as a final failure.', status: 'enforced' },
  { id: 'STP-07', role: 'IDP', level: 'SHOULD', source: 'MCP-EMA+ §7.2.1', says: 'Higher demands for high-impact scopes.', status: 'enforced' },
];
