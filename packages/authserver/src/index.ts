export { blockClient, unblockClient } from './commands/block-client.ts';
export type { Act, CommandDeps, Done } from './commands/change-state.ts';
export { disableIssuer, enableIssuer } from './commands/disable-issuer.ts';
export { type AccountName, disableAccount, enableAccount, revokeAccount } from './commands/revoke-account.ts';
export type { AccountConfig, AuthServerConfig } from './config.ts';
export { openAuthServerKeys } from './keys.ts';
export {
  type AuthServerCommands,
  type RunningAuthServer,
  type StartOptions,
  startAuthServer,
} from './start-auth-server.ts';
export { type AuthServerSchema, authServerMigrations } from './store/schema.ts';
