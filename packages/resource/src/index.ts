export { canonicalDomain, canonicalEmail, type EmailAddress } from './accounts/email-address.ts';
export { type AssertedPerson, type Resolution, resolveAccount } from './accounts/resolve-account.ts';
export {
  buildDirectory,
  checkClientSettings,
  type DirectoryContent,
  governedResourceFrom,
  refuseResourceTwins,
} from './directory/build-directory.ts';
export { checkTrust } from './directory/check-trust.ts';
export { type DocumentPolicy, documentPolicyOf } from './directory/client-documents.ts';
export { assertionsOf, authMethodsOf } from './directory/client-keys.ts';
export type {
  AccountLinking,
  ClientMethod,
  Customer,
  GovernedResource,
  ResourceClient,
  ResourceDirectory,
  SecretVerifier,
  TenantMode,
  TrustedIssuer,
} from './directory/resource-directory.ts';
export { macVerifier, secretVerifier } from './directory/secrets.ts';
export {
  type ClientDocumentSettings,
  type ClientKeySettings,
  type ClientSettings,
  type CustomerSettings,
  defaultCustomer,
  type LinkingSettings,
  type ResourceSettings,
  type TrustedIssuerSettings,
} from './directory/settings.ts';
export { type TrustDeps, trustedIssuerFrom } from './directory/trusted-issuer.ts';
export type { AuthInfo } from './middleware/auth-info.ts';
export type { AuthenticationNeeds, RequiredScopes } from './middleware/authorize-message.ts';
export type { BearerRequest } from './middleware/bearer-header.ts';
export {
  type Admission,
  type AdmissionNeeds,
  createResourceServer,
  type ResourceServer,
} from './middleware/create-resource-server.ts';
export type { McpMessage, McpOperation } from './middleware/mcp-message.ts';
export { createProofMemory, type ProofUses } from './middleware/proof-uses.ts';
export type { ScopeHierarchy } from './middleware/scope-hierarchy.ts';
export type {
  IntrospectionOptions,
  ResourceDpopOptions,
  ResourceServerEvent,
  ResourceServerOptions,
} from './middleware/settings.ts';
export { redemptionSteps } from './redemption/redemption-steps.ts';
export { runSteps, type Step, type StepList, type Trace } from './redemption/step.ts';
export { openClientDocuments } from './server/client-documents.ts';
export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  createAuthorizationServer,
} from './server/create-authorization-server.ts';
export { type Endpoints, endpointsOf } from './server/endpoints.ts';
export { fetchHandler } from './server/fetch-handler.ts';
export {
  createResourceAuthorizationServer,
  type FaultLog,
  type ResourceAuthorizationServer,
  type ResourceAuthorizationServerOptions,
  type SigningKeys,
} from './server/resource-authorization-server.ts';
export type {
  Account,
  AccountChange,
  AccountDeclaration,
  AccountEmail,
  AccountLink,
  AccountLinkKey,
  IssuedToken,
  NewAccount,
  RedemptionCommit,
  ResourceStore,
} from './store/resource-store.ts';
export { type ResourceSchema, resourceMigrations } from './store/schema.ts';
export { createSqlResourceStore } from './store/sql.ts';
