export { addAdminToken } from './admin/add-admin-token.ts';
export { createAdminToken, type NewAdminToken } from './admin/commands/tokens.ts';
export { readLifetime } from './admin/domain/admin-token.ts';
export { type AdminRole, adminRoles } from './admin/domain/roles.ts';
export { setClientAppState, setResourceAppState } from './commands/apps.ts';
export type { Actor } from './commands/change.ts';
export { approveConnection, blockConnection } from './commands/connections.ts';
export { disablePerson, enablePerson, endSession, revokePerson } from './commands/people.ts';
export { revokeEverything, setTenantState } from './commands/tenant.ts';
export type {
  AdminConfig,
  ClientAppConfig,
  ConnectionConfig,
  ExchangeLimits,
  IdpConfig,
  PersonConfig,
  PolicySection,
  ResourceAppConfig,
  ResourceConfig,
  RuleConfig,
  ScopeConfig,
} from './config.ts';
export {
  compilePolicy,
  createPolicyIndex,
  type PolicyIndex,
  type PolicySnapshot,
  type PolicySource,
} from './domain/policy/compile.ts';
export type {
  Allowed,
  Decision,
  Denied,
  DenyCause,
  Pending,
  ScopeReason,
  StepUp,
  StepUpNeeded,
} from './domain/policy/decision.ts';
export { evaluatePolicy } from './domain/policy/evaluate.ts';
export type {
  Connection,
  Facts,
  PolicyClient,
  Resource,
  ResourceApp,
  Rule,
  RuleConditions,
  ScopeRisk,
} from './domain/policy/model.ts';
export { type IssueAttempt, type IssuePermit, mayIssue } from './exchange/may-issue.ts';
export { openIdpKeys } from './keys.ts';
export { type RunningIdp, startIdp } from './start-idp.ts';
export { idpMigrations } from './store/migrations.ts';
export type { IdpDatabase, IdpSchema, PolicySchema } from './store/schema.ts';
