import type { Requirement } from '../requirement.ts';

/** DEL: what the editors propose after draft -04 and is adopted already, because it is safe under -04 too. */
// biome-ignore format: a table, one rule a line
export const del: readonly Requirement[] = [
  { id: 'DEL-01', role: 'CL', level: 'MUST', ours: true, source: 'CLI-01, ID-JAG editors’ branch of September 2026', says: 'The SDK keeps tokens by session, never in one pool for the whole client, and drops an identity assertion at its `exp`.', status: 'enforced' },
  { id: 'DEL-02', role: 'ALL', level: 'MUST', ours: true, source: 'IDJ-22, ID-JAG editors’ branch of September 2026', says: 'Redaction and its tests cover subject tokens, ID tokens, refresh tokens and assertions, in logs and in error output.', status: 'enforced' },
  { id: 'DEL-03', role: 'IDP', level: 'MUST', ours: true, source: 'SSO-02, ID-JAG editors’ branch of September 2026', says: 'ID tokens live 10 minutes by default, 60 at most; longer use goes by refresh token.', status: 'enforced' },
  { id: 'DEL-04', role: 'IDP', level: 'MUST', ours: true, source: 'RTK-02, RTK-03, TEX-10', says: 'A refresh token is a subject token only for a confidential client or when bound to a key; it does not rotate there.', status: 'enforced' },
  { id: 'DEL-05', role: 'IDP', level: 'SHOULD', ours: true, source: 'ADM-04', says: 'An alert is raised when a client asks for an audience that it never used before.', status: { deferred: 'alerts, with the console' } },
  { id: 'DEL-06', role: 'IDP, RAS', level: 'MUST', ours: true, source: 'SUB-11, SUB-12, SUB-13', says: 'Transient NameIDs are neither emitted nor accepted in `saml-nameid`.', status: { deferred: 'SAML subject identifiers' } },
  { id: 'DEL-07', role: 'IDP', level: 'MUST', ours: true, source: 'CID-01, ADM-01', says: 'A connection in `saml-nameid` mode carries the SAML SP entity id of the RAS.', status: { deferred: 'SAML subject identifiers' } },
  { id: 'DEL-08', role: 'IDP, RAS, CL', level: 'MUST', ours: true, source: 'CID-05, CID-08', says: 'Client metadata documents publish the array of authentication methods beside the single member; a list with `private_key_jwt` and `none` never downgrades a client.', status: 'enforced' },
];
