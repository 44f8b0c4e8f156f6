import type { Selectable } from 'kysely';
import type { AdminTokenRow, IdpDatabase } from '../../store/schema.ts';
import type { Admin } from '../domain/admin.ts';
import { adminTokenHash, isAdminToken } from '../domain/admin-token.ts';
import { instant, optionalInstant } from '../domain/instant.ts';
import { mapPage, type Page, type PageRequest, toPage } from '../domain/page.ts';
import { type AdminRole, adminRoles } from '../domain/roles.ts';
import { findAdminToken, findAdminTokenByHash, listAdminTokens, touchAdminToken } from '../store/admin-tokens.ts';
import type { Reads } from '../store/reads.ts';

/**
 * The administrator a token stands for at this instant. An unknown token, one of another tenant, one that expired and
 * one that was revoked are the same: nobody.
 */
export async function authenticateAdmin(
  database: IdpDatabase,
  tenantId: string,
  token: string,
  now: number,
): Promise<Admin | undefined> {
  if (!isAdminToken(token)) return undefined;
  const row = await findAdminTokenByHash(database.kysely, tenantId, adminTokenHash(token)); // LES-38
  if (row === undefined) return undefined;
  if (row.revoked_at !== null) return undefined; // LES-20
  if (row.expires_at <= now) return undefined; // LES-20
  const role = adminRoles.find((known) => known === row.role);
  if (role === undefined) return undefined;
  await touchAdminToken(database, tenantId, row.id, now);
  return toAdmin(row, role);
}

function toAdmin(row: Selectable<AdminTokenRow>, role: AdminRole): Admin {
  return {
    tokenId: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    role,
    clientApps: JSON.parse(row.client_apps) as string[],
    resourceApps: JSON.parse(row.resource_apps) as string[],
    expiresAt: row.expires_at,
  };
}

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly clientApps: readonly string[];
  readonly resourceApps: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

export async function listTokenViews(
  kysely: Reads,
  tenantId: string,
  page: PageRequest,
): Promise<Page<TokenView & { readonly lastUsedAt: string | null }>> {
  const found = toPage(await listAdminTokens(kysely, tenantId, page), page.limit, ({ id }) => [id]);
  return mapPage(found, (rows) =>
    rows.map((row) => ({ ...viewToken(row), lastUsedAt: optionalInstant(row.last_used_at) })),
  );
}

/** Without its last use, which changes with every look at it. */
export async function findTokenView(kysely: Reads, tenantId: string, id: string): Promise<TokenView | undefined> {
  const row = await findAdminToken(kysely, tenantId, id);
  return row && viewToken(row);
}

function viewToken(row: Selectable<AdminTokenRow>): TokenView {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    clientApps: JSON.parse(row.client_apps) as string[],
    resourceApps: JSON.parse(row.resource_apps) as string[],
    createdAt: instant(row.created_at),
    expiresAt: instant(row.expires_at),
    revokedAt: optionalInstant(row.revoked_at),
  };
}
