import { algorithmNames } from './algorithm-names.ts';
import { grantTypes, profiles, tokenTypes, wellKnown } from './constants.ts';
import type { JsonObject } from './json.ts';

/** Where a server's own metadata is found, in the order in which clients look. */
export interface WellKnownUrls {
  readonly oauth: string;
  readonly openid: string;
  /** The suffix form: another URL than `openid` only for an issuer with a path. */
  readonly openidSuffix: string;
  /** All of them, without repetition. */
  readonly all: readonly string[];
}

/**
 * The metadata URLs of an issuer. For `https://h/p` the well-known part goes in front of `/p`; OpenID also knows it behind.
 *
 * RFC 8414 §3.1 and §5, OpenID Discovery §4.
 */
export function wellKnownUrls(issuer: string): WellKnownUrls {
  const { origin, pathname } = new URL(issuer);
  const path = withoutTrailingSlash(pathname);
  const oauth = `${origin}${wellKnown.authorizationServer}${path}`;
  const openid = `${origin}${wellKnown.openidConfiguration}${path}`; // MET-06
  const openidSuffix = `${origin}${path}${wellKnown.openidConfiguration}`; // MET-06
  return { oauth, openid, openidSuffix, all: [...new Set([oauth, openid, openidSuffix])] };
}

/** The metadata URL of a protected resource: the well-known part stands between host and path. RFC 9728 §3.1. */
export function protectedResourceMetadataUrl(resource: string): string {
  const { origin, pathname, search } = new URL(resource);
  return `${origin}${wellKnown.protectedResource}${withoutTrailingSlash(pathname)}${search}`; // MET-09
}

export interface IdentityProviderMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly endSessionEndpoint?: string;
  readonly userinfoEndpoint?: string;
  readonly introspectionEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly scopesSupported?: readonly string[];
  readonly idTokenAlgorithms?: readonly string[];
  readonly clientAuthMethods?: readonly string[];
  readonly clientIdMetadataDocuments?: boolean;
  /** Algorithms of the proofs of possession that are taken. */
  readonly dpopAlgorithms?: readonly string[];
  /** Members of the sign-on library's own document; what is stated here wins over them. */
  readonly signOn?: JsonObject;
}

const assertionAlgorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA'] as const;

/**
 * Metadata of the identity provider; the same object is served under every well-known URL.
 *
 * RFC 8414 §2, OpenID Discovery §3, ID-JAG-04 §7.1.
 */
export function identityProviderMetadata(server: IdentityProviderMetadata): JsonObject {
  return defined({
    ...server.signOn,
    issuer: server.issuer, // MET-05
    authorization_endpoint: server.authorizationEndpoint, // MET-07
    token_endpoint: server.tokenEndpoint,
    jwks_uri: server.jwksUri,
    end_session_endpoint: server.endSessionEndpoint,
    userinfo_endpoint: server.userinfoEndpoint,
    introspection_endpoint: server.introspectionEndpoint,
    revocation_endpoint: server.revocationEndpoint,
    scopes_supported: server.scopesSupported ?? ['openid', 'profile', 'email', 'offline_access'],
    response_types_supported: ['code'], // MET-07
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: server.idTokenAlgorithms ?? ['RS256', 'ES256'],
    grant_types_supported: [grantTypes.authorizationCode, grantTypes.refreshToken, grantTypes.tokenExchange],
    identity_chaining_requested_token_types_supported: [tokenTypes.idJag], // MET-01
    token_endpoint_auth_methods_supported: server.clientAuthMethods ?? [
      'private_key_jwt',
      'client_secret_basic',
      'client_secret_post',
    ],
    token_endpoint_auth_signing_alg_values_supported: algorithmNames(assertionAlgorithms),
    code_challenge_methods_supported: ['S256'], // MET-08
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: server.clientIdMetadataDocuments === true ? true : undefined, // CID-12
    dpop_signing_alg_values_supported: server.dpopAlgorithms && algorithmNames(server.dpopAlgorithms),
  });
}

export interface ResourceAuthorizationServerMetadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly introspectionEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly scopesSupported: readonly string[];
  readonly protectedResources: readonly string[];
  readonly grantTypes?: readonly string[];
  readonly clientAuthMethods?: readonly string[];
  readonly clientIdMetadataDocuments?: boolean;
  /** Algorithms of the proofs of possession that are taken. */
  readonly dpopAlgorithms?: readonly string[];
  /** Pages about the service. Whatever else is put here is not published. */
  readonly pages?: JsonObject;
}

/**
 * Metadata of the resource authorization server. It names no trusted issuer and no customer: who may redeem is nobody
 * else's business.
 *
 * RFC 8414 §2, RFC 9728 §4, ID-JAG-04 §7.2.
 */
export function resourceAuthorizationServerMetadata(server: ResourceAuthorizationServerMetadata): JsonObject {
  const methods = server.clientAuthMethods ?? ['private_key_jwt', 'client_secret_basic', 'client_secret_post'];
  return defined({
    ...publicPages(server.pages ?? {}),
    issuer: server.issuer, // MET-05
    authorization_endpoint: server.authorizationEndpoint, // MET-07
    token_endpoint: server.tokenEndpoint,
    jwks_uri: server.jwksUri,
    introspection_endpoint: server.introspectionEndpoint,
    revocation_endpoint: server.revocationEndpoint,
    response_types_supported: ['code'], // MET-07
    grant_types_supported: server.grantTypes ?? [grantTypes.jwtBearer], // MET-02
    authorization_grant_profiles_supported: [profiles.idJag], // MET-02
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: methods.includes('private_key_jwt')
      ? algorithmNames(assertionAlgorithms)
      : undefined,
    scopes_supported: server.scopesSupported,
    code_challenge_methods_supported: ['S256'], // MET-08
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: server.clientIdMetadataDocuments === true ? true : undefined, // CID-12
    protected_resources: server.protectedResources, // MET-11
    dpop_signing_alg_values_supported: server.dpopAlgorithms && algorithmNames(server.dpopAlgorithms),
  });
}

const pageMembers: readonly string[] = ['service_documentation', 'op_policy_uri', 'op_tos_uri'];

/** An allow-list: a member that a caller adds, such as the trusted issuers, stays inside. */
function publicPages(pages: JsonObject): JsonObject {
  const published = Object.entries(pages).filter(([name]) => {
    if (!pageMembers.includes(name)) return false; // MET-03, ATK-54
    return true;
  });
  return Object.fromEntries(published);
}

export interface ProtectedResourceMetadata {
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopesSupported?: readonly string[];
  readonly resourceName?: string;
  readonly resourceDocumentation?: string;
  /** Algorithms of the proofs of possession that are taken. */
  readonly dpopAlgorithms?: readonly string[];
  /** Whether a token must be bound to a key. */
  readonly dpopRequired?: boolean;
}

/**
 * Metadata of a protected resource. `resource` is exactly the identifier that clients use.
 *
 * RFC 9728 §2.
 */
export function protectedResourceMetadata(server: ProtectedResourceMetadata): JsonObject {
  return defined({
    resource: server.resource, // MET-09
    authorization_servers: [...server.authorizationServers], // MET-09
    scopes_supported: server.scopesSupported?.filter((scope) => scope !== 'offline_access'), // MCP-14
    bearer_methods_supported: ['header'], // MCP-11
    resource_name: server.resourceName,
    resource_documentation: server.resourceDocumentation,
    dpop_signing_alg_values_supported: server.dpopAlgorithms && algorithmNames(server.dpopAlgorithms), // DPO-10
    dpop_bound_access_tokens_required: server.dpopRequired === true ? true : undefined, // DPO-10
  });
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function defined(members: { readonly [name: string]: JsonObject[string] }): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
