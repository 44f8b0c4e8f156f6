import type { Scenario } from './scenario.ts';

const bare = 0.9;
const provider = 2;
const workers = 4;

const exchangeGoals = { 'bare-exchange': bare, 'oidc-provider': provider };
const redemptionGoals = { 'bare-redemption': bare, 'oidc-provider': provider, 'workers-oauth-provider': workers };

/** The two that every run measures, and those of the full table. */
export const quickScenarios: readonly Scenario[] = [
  {
    name: 'exchange',
    path: 'exchange',
    received: 'ES256',
    issued: 'ES256',
    clientAuth: 'client_secret_basic',
    tokens: 'fresh',
    goals: exchangeGoals,
  },
  {
    name: 'redemption',
    path: 'redemption',
    received: 'ES256',
    issued: 'ES256',
    clientAuth: 'client_secret_basic',
    tokens: 'fresh',
    goals: redemptionGoals,
  },
];

export const allScenarios: readonly Scenario[] = [
  ...quickScenarios,
  {
    name: 'exchange, ID token RS256',
    path: 'exchange',
    received: 'RS256',
    issued: 'ES256',
    clientAuth: 'client_secret_basic',
    tokens: 'fresh',
    goals: exchangeGoals,
  },
  {
    name: 'exchange, all RS256',
    path: 'exchange',
    received: 'RS256',
    issued: 'RS256',
    clientAuth: 'client_secret_basic',
    tokens: 'fresh',
    goals: exchangeGoals,
  },
  {
    name: 'exchange, ID token seen before',
    path: 'exchange',
    received: 'RS256',
    issued: 'ES256',
    clientAuth: 'client_secret_basic',
    tokens: 'repeated',
    goals: exchangeGoals,
  },
  {
    name: 'redemption, ID-JAG RS256',
    path: 'redemption',
    received: 'RS256',
    issued: 'ES256',
    clientAuth: 'client_secret_basic',
    tokens: 'fresh',
    goals: redemptionGoals,
  },
  {
    name: 'exchange, private_key_jwt',
    path: 'exchange',
    received: 'ES256',
    issued: 'ES256',
    clientAuth: 'private_key_jwt',
    tokens: 'fresh',
    goals: exchangeGoals,
  },
  {
    name: 'redemption, private_key_jwt',
    path: 'redemption',
    received: 'ES256',
    issued: 'ES256',
    clientAuth: 'private_key_jwt',
    tokens: 'fresh',
    goals: redemptionGoals,
  },
];

const everyContender: Readonly<Record<Scenario['path'], readonly string[]>> = {
  exchange: ['crossgrant-exchange', 'bare-exchange', 'oidc-provider'],
  redemption: ['crossgrant-redemption', 'bare-redemption', 'oidc-provider', 'workers-oauth-provider'],
};

/** Ours first. workers-oauth-provider takes assertions only from clients whose metadata it fetches. */
export function contendersOf({ path, clientAuth }: Scenario): readonly string[] {
  return everyContender[path].filter(
    (name) => clientAuth === 'client_secret_basic' || name !== 'workers-oauth-provider',
  );
}
