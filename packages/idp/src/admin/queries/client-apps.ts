import type { Selectable } from 'kysely';
import type { IdpSchema } from '../../store/schema.ts';
import type { Scope } from '../domain/admin.ts';
import { instant, optionalInstant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { type ClientAppFilter, listClientAppRows } from '../store/policy-lists.ts';
import type { Reads } from '../store/reads.ts';

export interface ClientAppView {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly grantTypes: readonly string[];
  readonly authMethods: readonly string[];
  readonly idTokenAlgorithm: string;
  readonly refreshTokens: boolean;
  readonly refreshTokenRotation: boolean;
  readonly dpopRequired: boolean;
  readonly jwks: Readonly<Record<string, unknown>> | null;
  readonly jwksUri: string | null;
  readonly tokenEndpointAudience: boolean;
  readonly tags: readonly string[];
  readonly state: 'active' | 'blocked';
  /** When each of its secrets was made and ends; never a secret. */
  readonly secrets: readonly { readonly createdAt: string; readonly expiresAt: string | null }[];
  readonly createdAt: string;
}

export async function listClientAppViews(
  kysely: Reads,
  tenantId: string,
  options: { filter: ClientAppFilter; scope: Scope; page: PageRequest },
): Promise<Page<ClientAppView>> {
  const page = toPage(await listClientAppRows(kysely, tenantId, options), options.page.limit, ({ id }) => [id]);
  const views = await viewClientApps(kysely, tenantId, page.items);
  return mapPage(page, () => views);
}

export async function findClientAppView(
  kysely: Reads,
  tenantId: string,
  id: string,
): Promise<ClientAppView | undefined> {
  const row = await kysely
    .selectFrom('client_apps')
    .selectAll()
    .where('tenant_id', '=', tenantId) // LES-38
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (await viewClientApps(kysely, tenantId, [row]))[0];
}

async function viewClientApps(
  kysely: Reads,
  tenantId: string,
  rows: readonly Selectable<IdpSchema['client_apps']>[],
): Promise<readonly ClientAppView[]> {
  if (rows.length === 0) return [];
  const secrets = await kysely
    .selectFrom('client_secrets')
    .select(['client_app_id', 'created_at', 'expires_at'])
    .where('tenant_id', '=', tenantId)
    .where(
      'client_app_id',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    redirectUris: JSON.parse(row.redirect_uris) as string[],
    postLogoutRedirectUris: JSON.parse(row.post_logout_redirect_uris) as string[],
    grantTypes: JSON.parse(row.grant_types) as string[],
    authMethods: JSON.parse(row.token_endpoint_auth_methods) as string[],
    idTokenAlgorithm: row.id_token_algorithm,
    refreshTokens: row.refresh_tokens === 1,
    refreshTokenRotation: row.refresh_token_rotation === 1,
    dpopRequired: row.dpop_required === 1,
    jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as Record<string, unknown>),
    jwksUri: row.jwks_uri,
    tokenEndpointAudience: row.token_endpoint_audience === 1,
    tags: JSON.parse(row.tags) as string[],
    state: row.state,
    secrets: secrets
      .filter((secret) => secret.client_app_id === row.id)
      .map((secret) => ({ createdAt: instant(secret.created_at), expiresAt: optionalInstant(secret.expires_at) })),
    createdAt: instant(row.created_at),
  }));
}
