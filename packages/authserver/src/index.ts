export type {
  AccountConfig,
  AuthServerClientConfig,
  AuthServerConfig,
  ClientAuthMethod,
  CustomerConfig,
  GovernedResourceConfig,
  LinkingConfig,
  TrustedIssuerConfig,
} from './config.ts';
