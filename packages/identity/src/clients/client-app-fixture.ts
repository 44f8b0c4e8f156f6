import type { ClientApp } from './client-app.ts';

/** A client app that may nothing yet. */
export function clientApp(over: Partial<ClientApp> = {}): ClientApp {
  return {
    id: 'app_1',
    tenantId: 'ten_1',
    clientId: 'agent',
    name: 'Agent',
    redirectUris: [],
    postLogoutRedirectUris: [],
    grantTypes: [],
    idTokenAlgorithm: 'RS256',
    state: 'active',
    refreshTokens: false,
    dpopRequired: false,
    refreshTokenRotation: false,
    tokenEndpointAuthMethods: ['client_secret_post'],
    tags: [],
    tokenEndpointAudience: false,
    version: 1,
    secretMacs: [],
    ...over,
  };
}
