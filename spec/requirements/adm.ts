import type { Requirement } from '../requirement.ts';

/** ADM: administrator policy and audit. */
// biome-ignore format: a table, one rule a line
export const adm: readonly Requirement[] = [
  { id: 'ADM-01', role: 'IDP', level: 'MUST', ours: true, source: 'product', says: 'Model: *Connection* = (client, RAS, allowed resources, allowed scopes / detail types, mapped client id, tenant mapping, account-link mode, max lifetime, DPoP required, enabled) + *Rule* = (connection, users/groups, scopes ceiling, authentication requirement, effect).', status: 'enforced' },
  { id: 'ADM-02', role: 'IDP', level: 'MUST', ours: true, source: 'product', says: 'Changes apply to the next exchange with no cache older than 5 s; disabling a connection is immediate.', status: 'enforced' },
  { id: 'ADM-03', role: 'RAS', level: 'MUST', ours: true, source: 'product', says: 'Model: *TrustedIssuer* = (issuer, tenant mode and pin, keys, algs, skew, lifetime cap, jti reuse, slash tolerance, allowed clients, allowed resources, default scopes, linking mode, JIT, SAML issuer association, SSF/GTR credentials).', status: { deferred: 'SAML association and signal credentials of a trusted issuer' } },
  { id: 'ADM-04', role: 'IDP, RAS', level: 'MUST', ours: true, source: 'product', says: 'Audit every decision: time, correlation id, client, user, issuer, audience, resource, requested and granted scope, rule id, outcome, error, `jti` (or its hash), source IP. Never tokens or assertions.', status: 'enforced' },
  { id: 'ADM-05', role: 'IDP, RAS', level: 'SHOULD', ours: true, source: 'product', says: '"Explain" tool: dry-run of policy for (user, client, RAS, scope) with the reason, without issuing.', status: { deferred: 'the explain tool' } },
  { id: 'ADM-06', role: 'IDP', level: 'MUST', source: 'product', says: "Table of valid (audience, resource) pairs; an admin cannot add a resource without naming its RAS; on adding, verify with the resource's PRM that it lists that RAS.", status: { deferred: 'the check of protected-resource metadata when an administrator adds a resource; the pair table stands, TEX-14' } },
  { id: 'ADM-07', role: 'IDP, RAS', level: 'SHOULD', ours: true, source: 'product', says: 'Import a connection from the MCP server URL: fetch PRM and AS metadata (SSRF-guarded), show MET-02 support, propose scopes.', status: { deferred: 'import of a connection from an MCP server URL' } },
];
