import { grantTypes } from '@crossgrant/protocol';
import type { ClientMetadata } from 'oidc-provider';
import type { ClientApp } from '../clients/client-app.ts';
import { isAcceptableRedirectUri } from '../clients/redirect-uri.ts';

/** Grants that may stand in a client's registration; the second and third are not served by oidc-provider. */
export const knownGrantTypes: readonly string[] = [
  grantTypes.authorizationCode,
  grantTypes.refreshToken,
  grantTypes.tokenExchange,
  grantTypes.jwtBearer,
];

/**
 * A client app in the words of oidc-provider. Blocked apps do not exist for it, and addresses that could not be
 * registered today are left out, however they came into the database.
 */
export function toClientMetadata(app: ClientApp | undefined): ClientMetadata | undefined {
  if (app === undefined || app.state !== 'active') return undefined; // LES-20
  const redirectUris = app.redirectUris.filter(isAcceptableRedirectUri); // LES-17
  const isInteractive = redirectUris.length > 0 && app.grantTypes.includes(grantTypes.authorizationCode);
  const method = authenticationMethod(app);
  return {
    client_id: app.clientId,
    client_name: app.name,
    redirect_uris: redirectUris,
    post_logout_redirect_uris: app.postLogoutRedirectUris.filter(isAcceptableRedirectUri),
    response_types: isInteractive ? ['code'] : [],
    grant_types: registeredGrantTypes(app, isInteractive),
    token_endpoint_auth_method: method,
    dpop_bound_access_tokens: app.dpopRequired,
    id_token_signed_response_alg: app.idTokenAlgorithm,
    ...(method === 'none' ? {} : { client_secret: neverCompared }),
  };
}

/** Only its presence is asked for: secrets are compared as HMACs, see `compareClientSecret`. */
const neverCompared = 'stored-as-hmac-and-compared-elsewhere';

/** oidc-provider knows one method per client and takes both ways of a secret for it; which one was used is checked by us. */
function authenticationMethod(app: ClientApp): 'none' | 'client_secret_basic' {
  return app.tokenEndpointAuthMethods.includes('none') ? 'none' : 'client_secret_basic';
}

function registeredGrantTypes(app: ClientApp, isInteractive: boolean): string[] {
  const wanted = new Set(app.grantTypes);
  if (!isInteractive) wanted.delete(grantTypes.authorizationCode);
  if (isInteractive && app.refreshTokens) wanted.add(grantTypes.refreshToken);
  else wanted.delete(grantTypes.refreshToken);
  return knownGrantTypes.filter((grant) => wanted.has(grant));
}
