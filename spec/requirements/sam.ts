import type { Requirement } from '../requirement.ts';

/** SAM: SAML. */
// biome-ignore format: a table, one rule a line
export const sam: readonly Requirement[] = [
  { id: 'SAM-01', role: 'IDP', level: 'MUST', source: 'ID-JAG-04 §4.5', says: "`subject_token_type` saml2 + `requested_token_type` refresh_token: map the assertion's Audience / SP entity id to the OAuth client id and require it to be the authenticated client.", status: { deferred: 'SAML assertions as subject tokens' } },
  { id: 'SAM-02', role: 'IDP', level: 'MUST', ours: true, source: 'SAML core; RFC 7522', says: 'Validate: own signature over the assertion actually used (no wrapping), `Issuer`, `Conditions` window, `AudienceRestriction`, bearer `SubjectConfirmationData` `NotOnOrAfter`, one-time use of the assertion ID. XML: no DTD, no external entities.', status: { deferred: 'SAML assertions as subject tokens' } },
  { id: 'SAM-03', role: 'IDP', level: 'SHOULD', source: 'ID-JAG-04 §4.5', says: 'scopes `openid offline_access` asked; response `issued_token_type` refresh_token, RT in `access_token`, `token_type` `N_A`.', status: { deferred: 'SAML assertions as subject tokens' } },
  { id: 'SAM-04', role: 'IDP', level: 'MUST', source: 'HZ-16', says: "Encoding: RFC 8693 §3 says base64url; the draft's own example shows padded base64. Accept both, emit base64url.", status: { deferred: 'SAML assertions as subject tokens' } },
  { id: 'SAM-05', role: 'IDP', level: 'MAY', source: 'ID-JAG-04 §4.3', says: 'direct saml2 → id-jag exchange (allowed by §4.3); only the RT detour is planned.', status: { deferred: 'SAML assertions as subject tokens' } },
];
