export {
  type ClientApp,
  type ClientAuthMethodName,
  findClientApp,
  listClientApps,
  type SecretMac,
} from './clients/client-app.ts';
export { createDescribeClient, type DescribeClient, hasDocument } from './clients/client-documents.ts';
export { type ClientKeys, createClientKeys } from './clients/client-keys.ts';
export { clientSecretMac, isSameMac, type SecretOwner } from './clients/client-secret.ts';
export {
  type ClientClaim,
  type ProofDeps,
  type ProvenClientApp,
  proveClientApp,
  readClientClaim,
} from './clients/prove-client.ts';
export { isAcceptableRedirectUri, isRegisteredRedirectUri } from './clients/redirect-uri.ts';
export { type ClientAppInput, upsertClientApp, writeClientApp } from './clients/upsert-client-app.ts';
export { renderDecisionPage } from './pages/message-pages.ts';
export { pageHeaders } from './pages/page.ts';
export { ensureGroup, type Group, listGroups, upsertGroup } from './people/groups.ts';
export { normalizeLoginIdentifier } from './people/login-identifier.ts';
export { createPasswordVerifier, hashPassword, type PasswordVerifier, passwordProblem } from './people/password.ts';
export { findPerson, findPersonByLogin, listPeople, type Person } from './people/person.ts';
export { newPasswordHash, type PersonInput, revokePerson, upsertPerson, writePerson } from './people/upsert-person.ts';
export { isAfterWatermark } from './people/watermark.ts';
export { endSessions, endSessionsOfPerson, type SessionChoice } from './sessions/end-sessions.ts';
export { findSession, listEndedSessions, prepareFindSession, type SessionRecord } from './sessions/session.ts';
export { createSignOn, type SignOn } from './sign-on/create-sign-on.ts';
export { type Assurance, passwordAssurance, type SignOnOptions } from './sign-on/deps.ts';
export { type ArtifactDeps, sweepArtifacts } from './store/artifacts.ts';
export type { IdentityDatabase } from './store/identity-database.ts';
export { identityMigrations } from './store/migrations.ts';
export {
  createRefreshTokens,
  type RefreshTokenFacts,
  type RefreshTokens,
  type StoredRefreshToken,
} from './store/refresh-tokens.ts';
export type { IdentitySchema } from './store/schema.ts';
export { findTenantByIssuer, type Tenant, upsertTenant } from './store/tenants.ts';
