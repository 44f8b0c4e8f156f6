export type { ClientAppConfig, ConnectionConfig, ExchangeLimits, IdpConfig, PersonConfig, PolicySection, ResourceAppConfig, ResourceConfig, RuleConfig, ScopeConfig } from './config.ts';
