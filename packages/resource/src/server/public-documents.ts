import {
  dpopAlgorithms,
  grantTypes,
  type JsonObject,
  jsonResponse,
  type PlainResponse,
  resourceAuthorizationServerMetadata,
  union,
} from '@crossgrant/protocol';
import type { PublicJwk } from '@crossgrant/protocol/jws';
import type { ResourceDirectory } from '../directory/resource-directory.ts';
import { endpointsOf } from './endpoints.ts';

const provingMethods = ['private_key_jwt', 'client_secret_basic', 'client_secret_post'];

/** Long enough to spare requests, short enough for a rotation or a new resource to be seen. */
const publicSeconds = 300;

/**
 * Metadata with what works here: no more client authentication methods than are accepted, and no word about who may
 * redeem.
 *
 * RFC 8414 §2, RFC 9728 §4, ID-JAG-04 §7.2, §9.4.
 */
export function metadataOf(
  issuer: string,
  directory: ResourceDirectory,
  { jwtDpopGrant, clientDocuments }: { readonly jwtDpopGrant: boolean; readonly clientDocuments: boolean },
): JsonObject {
  const endpoints = endpointsOf(issuer);
  return resourceAuthorizationServerMetadata({
    issuer, // MET-05
    authorizationEndpoint: endpoints.authorization,
    tokenEndpoint: endpoints.token,
    jwksUri: endpoints.jwks,
    introspectionEndpoint: endpoints.introspection,
    revocationEndpoint: endpoints.revocation,
    scopesSupported: directory
      .resources()
      .reduce<readonly string[]>((scopes, { scopes: more }) => union(scopes, more), []),
    grantTypes: jwtDpopGrant ? [grantTypes.jwtBearer, grantTypes.jwtDpop] : undefined, // DPO-07
    dpopAlgorithms: [...dpopAlgorithms],
    protectedResources: directory.resources().map(({ identifier }) => identifier), // MET-11
    clientAuthMethods: directory.publicClients ? [...provingMethods, 'none'] : provingMethods, // CAU-04
    clientIdMetadataDocuments: clientDocuments, // CID-12
  });
}

export function metadataResponse(metadata: JsonObject): PlainResponse {
  return jsonResponse(200, metadata, {
    ...publicCaching, // MET-12
    'access-control-allow-origin': '*', // MET-12, BCP-06
  });
}

export function jwksResponse(jwks: { readonly keys: readonly PublicJwk[] }): PlainResponse {
  return jsonResponse(200, jwks, {
    ...publicCaching, // MET-12
  });
}

const publicCaching: Record<string, string> = { 'cache-control': `public, max-age=${publicSeconds}` };
