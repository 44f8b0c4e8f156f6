/** Exact strings of the protocol. `spec.md` section 2 lists where each is defined. */
export const grantTypes = {
  tokenExchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  jwtBearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  /** JWT-DPoP draft: the same assertion with a proof, which this name demands. */
  jwtDpop: 'urn:ietf:params:oauth:grant-type:jwt-dpop',
  authorizationCode: 'authorization_code',
  refreshToken: 'refresh_token',
} as const;

export const tokenTypes = {
  idJag: 'urn:ietf:params:oauth:token-type:id-jag',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  saml2: 'urn:ietf:params:oauth:token-type:saml2',
  refreshToken: 'urn:ietf:params:oauth:token-type:refresh_token',
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const;

/** `token_type` of an exchange response whose token is not an access token. RFC 8693 §2.2.1. */
export const notApplicable = 'N_A';

/** JOSE `typ` values. Compare with `sameTyp`, which allows case and an `application/` prefix. */
export const typs = {
  idJag: 'oauth-id-jag+jwt',
  accessToken: 'at+jwt',
  dpopProof: 'dpop+jwt',
  clientAssertion: 'client-authentication+jwt',
  logoutToken: 'logout+jwt',
  securityEvent: 'secevent+jwt',
  idToken: 'JWT',
} as const;

export const profiles = {
  idJag: 'urn:ietf:params:oauth:grant-profile:id-jag',
  clientAssertionType: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
} as const;

export const wellKnown = {
  protectedResource: '/.well-known/oauth-protected-resource',
  authorizationServer: '/.well-known/oauth-authorization-server',
  openidConfiguration: '/.well-known/openid-configuration',
  ssfConfiguration: '/.well-known/ssf-configuration',
} as const;

export const mcp = {
  enterpriseManagedAuthorization: 'io.modelcontextprotocol/enterprise-managed-authorization',
  clientCapabilities: 'io.modelcontextprotocol/clientCapabilities',
  /** The first revision that announces capabilities per request. */
  perRequestRevision: '2026-07-28',
  missingRequiredClientCapability: -32021,
} as const;

/** Bounds that every party shares; each is generous for honest use and cheap to refuse beyond. */
export const limits = {
  /** RED-02: larger assertions are not parsed. */
  assertionBytes: 16_384,
  headerBytes: 2_048,
  jsonDepth: 16,
  /** Longest identifier (client, kid, jti, subject) that is compared at all. */
  identifierCharacters: 256,
  /** ID-JAG lifetime by default, and the most an operator can ask for. IDJ-08. */
  idJagSeconds: 300,
  idJagSecondsAtMost: 600,
  skewSeconds: 30,
  skewSecondsAtMost: 60,
  accessTokenSeconds: 600,
  accessTokenSecondsAtMost: 900,
  actorDepth: 4,
} as const;
