/** The revision of each document that the requirement families are written against. A new revision changes this file first. */
export const documentVersions = {
  'ID-JAG': 'draft-ietf-oauth-identity-assertion-authz-grant-04 (21 May 2026)',
  'MCP-EMA': 'Enterprise-Managed Authorization, ext-auth, SEP-990, stable (18 June 2026)',
  MCP: '2026-07-28, and 2025-11-25 for older clients',
  'identity-chaining': 'draft-ietf-oauth-identity-chaining-17 (July 2026)',
  rfc7523bis: 'draft-ietf-oauth-rfc7523bis-11 (28 April 2026)',
  CIMD: 'draft-ietf-oauth-client-id-metadata-document-03 (2 November 2026)',
  'JWT-DPoP': 'draft-ietf-oauth-jwt-dpop-grant-02 (30 October 2026)',
  GTR: 'draft-parecki-oauth-global-token-revocation-05',
  'OAuth 2.1': 'draft-ietf-oauth-v2-1-15 (2 March 2026)',
  'OIDC Enterprise Extensions': 'draft 01 (September 2025)',
  SSF: 'OpenID Shared Signals Framework 1.0, CAEP 1.0 (final, 29 August 2025)',
  FAPI: 'FAPI 2.0 Security Profile (final, February 2025)',
} as const satisfies Record<string, string>;

export type DocumentName = keyof typeof documentVersions;

/** Which documents decide each family; published RFCs are cited with the requirements themselves. */
export const familyDocuments = {
  IDJ: ['ID-JAG', 'MCP-EMA'],
  TEX: ['ID-JAG', 'MCP-EMA'],
  RED: ['ID-JAG', 'MCP-EMA', 'MCP'],
  SUB: ['ID-JAG'],
  CID: ['CIMD', 'ID-JAG'],
  CAU: ['rfc7523bis'],
  MET: ['ID-JAG', 'identity-chaining', 'MCP'],
  MCP: ['MCP-EMA', 'MCP'],
  CLI: ['MCP-EMA', 'ID-JAG'],
  RSV: ['MCP'],
  DPO: ['ID-JAG', 'JWT-DPoP'],
  RAR: ['ID-JAG'],
  STP: ['ID-JAG'],
  ACT: ['ID-JAG'],
  RTK: ['ID-JAG'],
  SAM: ['ID-JAG'],
  SSO: ['OAuth 2.1', 'OIDC Enterprise Extensions'],
  REV: ['GTR', 'SSF'],
  SCM: [],
  KEY: ['MCP-EMA'],
  ADM: ['MCP-EMA'],
  BCP: ['OAuth 2.1', 'FAPI'],
  DEL: ['ID-JAG'],
} as const satisfies Record<string, readonly DocumentName[]>;
