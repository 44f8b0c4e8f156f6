import type { IssuerKeys } from '@crossgrant/platform';
import { type IdentityDatabase, type IdentityQueries, queries } from '../store/identity-database.ts';
import type { ClientAppRow } from '../store/schema.ts';

export type ClientAuthMethodName = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

export type ClientKeySource = { readonly jwks: unknown } | { readonly jwksUri: string };

export interface SecretMac {
  /** HMAC-SHA-256 of the secret. */
  readonly mac: string;
  /** Milliseconds. */
  readonly expiresAt?: number;
}

export interface ClientApp {
  readonly id: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  /** Every method the client is registered for; the first is the default. */
  readonly tokenEndpointAuthMethods: readonly ClientAuthMethodName[];
  /** The public keys of an app that signs its assertions, or where they are published. */
  readonly keys?: ClientKeySource;
  /** Opened already, where the app's own document brings them. */
  readonly assertionKeys?: IssuerKeys;
  /** Whether the URL of the token endpoint counts as audience of its assertions, beside the issuer. */
  readonly tokenEndpointAudience: boolean;
  readonly idTokenAlgorithm: 'RS256' | 'ES256';
  readonly state: 'active' | 'blocked';
  /** Whether sign-on gives it a refresh token. */
  readonly refreshTokens: boolean;
  /** Every token request must carry a proof of possession: `dpop_bound_access_tokens` of RFC 9449 §5.2. */
  readonly dpopRequired: boolean;
  /** Whether each renewal replaces the refresh token of a confidential client, too. */
  readonly refreshTokenRotation: boolean;
  readonly tags: readonly string[];
  readonly secretMacs: readonly SecretMac[];
  readonly version: number;
}

export async function findClientApp(
  database: IdentityDatabase,
  tenantId: string,
  clientId: string,
): Promise<ClientApp | undefined> {
  const apps = await readClientApps(queries(database), tenantId, clientId);
  return apps[0];
}

export function listClientApps(database: IdentityDatabase, tenantId: string): Promise<readonly ClientApp[]> {
  return readClientApps(queries(database), tenantId);
}

export async function readClientApps(
  kysely: IdentityQueries,
  tenantId: string,
  clientId?: string,
): Promise<readonly ClientApp[]> {
  let apps = kysely.selectFrom('client_apps').selectAll().where('tenant_id', '=', tenantId);
  let secrets = kysely
    .selectFrom('client_secrets')
    .innerJoin('client_apps', 'client_apps.id', 'client_secrets.client_app_id')
    .select([
      'client_secrets.client_app_id as appId',
      'client_secrets.mac as mac',
      'client_secrets.expires_at as expiresAt',
    ])
    .where('client_apps.tenant_id', '=', tenantId)
    .orderBy('client_secrets.mac');
  if (clientId !== undefined) {
    apps = apps.where('client_id', '=', clientId);
    secrets = secrets.where('client_apps.client_id', '=', clientId);
  }
  const macs = Map.groupBy(await secrets.execute(), (secret) => secret.appId);
  return (await apps.execute()).map((row) =>
    toClientApp(row, macs.get(row.id)?.map(({ mac, expiresAt }) => ({ mac, expiresAt: expiresAt ?? undefined })) ?? []),
  );
}

function toClientApp(row: ClientAppRow, secretMacs: readonly SecretMac[]): ClientApp {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    clientId: row.client_id,
    name: row.name,
    redirectUris: JSON.parse(row.redirect_uris) as string[],
    postLogoutRedirectUris: JSON.parse(row.post_logout_redirect_uris) as string[],
    grantTypes: JSON.parse(row.grant_types) as string[],
    tokenEndpointAuthMethods: JSON.parse(row.token_endpoint_auth_methods) as ClientAuthMethodName[],
    keys: keySourceOf(row),
    tokenEndpointAudience: row.token_endpoint_audience === 1,
    idTokenAlgorithm: row.id_token_algorithm === 'ES256' ? 'ES256' : 'RS256',
    state: row.state === 'active' ? 'active' : 'blocked', // LES-20
    refreshTokens: row.refresh_tokens === 1,
    dpopRequired: row.dpop_required !== 0,
    refreshTokenRotation: row.refresh_token_rotation === 1,
    tags: JSON.parse(row.tags) as string[],
    secretMacs,
    version: row.version,
  };
}

function keySourceOf({ jwks, jwks_uri }: ClientAppRow): ClientKeySource | undefined {
  if (jwks !== null) return { jwks: JSON.parse(jwks) };
  return jwks_uri === null ? undefined : { jwksUri: jwks_uri };
}
