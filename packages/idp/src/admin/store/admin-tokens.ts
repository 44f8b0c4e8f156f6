import type { Selectable } from 'kysely';
import type { AdminTokenRow, IdpDatabase } from '../../store/schema.ts';
import type { PageKey, PageRequest } from '../domain/page.ts';
import type { Reads } from './reads.ts';

export async function findAdminTokenByHash(
  kysely: Reads,
  tenantId: string,
  hash: string,
): Promise<Selectable<AdminTokenRow> | undefined> {
  return kysely
    .selectFrom('admin_tokens')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('hash', '=', hash)
    .executeTakeFirst();
}

export async function findAdminToken(
  kysely: Reads,
  tenantId: string,
  id: string,
): Promise<Selectable<AdminTokenRow> | undefined> {
  return kysely
    .selectFrom('admin_tokens')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function listAdminTokens(
  kysely: Reads,
  tenantId: string,
  { limit, after }: PageRequest,
): Promise<readonly Selectable<AdminTokenRow>[]> {
  let rows = kysely.selectFrom('admin_tokens').selectAll().where('tenant_id', '=', tenantId);
  if (after !== undefined) rows = rows.where('id', '>', textOf(after));
  return rows
    .orderBy('id')
    .limit(limit + 1)
    .execute();
}

/** Remembers that a token was used, at most once a minute: it is no part of any decision. */
export async function touchAdminToken(
  { kysely }: IdpDatabase,
  tenantId: string,
  id: string,
  now: number,
): Promise<void> {
  await kysely
    .updateTable('admin_tokens')
    .set({ last_used_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', now - minute)]))
    .execute();
}

const minute = 60_000;

function textOf(key: PageKey): string {
  return String(key[0]);
}
