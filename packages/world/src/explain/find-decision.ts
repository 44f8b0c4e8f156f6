import { existsSync } from 'node:fs';
import type { Database } from '@crossgrant/platform';
import type { FoundDecision, RuleName } from '@crossgrant/platform/explain';
import { isPostgresUrl } from '../schema/fields.ts';
import type { World } from '../schema/world.ts';
import { secretReader } from '../secrets.ts';

/** What names a decision: its id, the `jti` of the ID-JAG, or the `jti` of the access token it led to. */
export type DecisionKey = { readonly id: string } | { readonly jti: string } | { readonly token: string };

/**
 * Looks a decision up in the audit of each server this world has, by its id or by the `jti` it issued or saw.
 *
 * The database code is loaded here and not with the module: commands that look nothing up start without it.
 */
export function findDecision(world: World, key: DecisionKey): Promise<FoundDecision | undefined> {
  return firstIn(world, (database, server) => findIn(database, server, key));
}

/** A rule of the policy by its id. */
export function findRule(world: World, id: string): Promise<RuleName | undefined> {
  return firstIn(world, async (database, server) =>
    server === 'idp' ? (await nameRules(database, [id])).find(({ key }) => key !== undefined) : undefined,
  );
}

async function firstIn<T>(
  world: World,
  look: (database: Database<object>, server: FoundDecision['server']) => Promise<T | undefined>,
): Promise<T | undefined> {
  const { openDatabase } = await import('@crossgrant/platform');
  for (const server of ['idp', 'authserver'] as const) {
    const url = secretReader(world)(server, 'database');
    if (url === undefined || (!isPostgresUrl(url) && !existsSync(url))) continue;
    const database = await openDatabase<object>({ url, migrations: [] });
    try {
      const found = await look(database, server);
      if (found !== undefined) return found;
    } finally {
      await database.close();
    }
  }
  return undefined;
}

async function findIn(
  database: Database<object>,
  server: FoundDecision['server'],
  key: DecisionKey,
): Promise<FoundDecision | undefined> {
  const row = await findRow(database, server, key);
  if (row === undefined) return undefined;
  const personal =
    row.personal_ref === null
      ? undefined
      : await database.kysely
          .selectFrom('audit_personal')
          .selectAll()
          .where('ref', '=', row.personal_ref)
          .executeTakeFirst();
  const { storedAudit } = await import('@crossgrant/platform');
  const entry = storedAudit(row, personal);
  if (server !== 'idp') return { server, entry, rules: [] };
  const rules = await nameRules(database, entry.ruleIds ?? []);
  return { server, entry, rules, connection: await nameConnection(database, entry.facts?.connection) };
}

type AuditRow = Parameters<typeof import('@crossgrant/platform').storedAudit>[0];

async function findRow(
  database: Database<object>,
  server: FoundDecision['server'],
  key: DecisionKey,
): Promise<AuditRow | undefined> {
  const rows = database.kysely.selectFrom('audit_rows').selectAll().orderBy('at');
  if ('id' in key) return rows.where('id', '=', key.id).executeTakeFirst();
  if ('jti' in key) return rows.where('jti', '=', key.jti).executeTakeFirst();
  if (server === 'idp') return undefined;
  const { sql } = await import('kysely');
  const issued = await sql<{
    jti: string;
  }>`select grant_jti as jti from issued_tokens where token_id = ${key.token}`.execute(database.kysely);
  const jti = issued.rows[0]?.jti;
  if (jti === undefined) return undefined;
  const redemptions = await rows.where('jti', '=', jti).execute();
  return redemptions.find(({ facts }) => facts?.includes(JSON.stringify(key.token)));
}

async function nameConnection(database: Database<object>, id: unknown): Promise<string | undefined> {
  if (typeof id !== 'string') return undefined;
  const { sql } = await import('kysely');
  const found = await sql<{ key: string }>`select key from connections where id = ${id}`.execute(database.kysely);
  return found.rows[0]?.key;
}

async function nameRules(database: Database<object>, ids: readonly string[]): Promise<RuleName[]> {
  if (ids.length === 0) return [];
  const { sql } = await import('kysely');
  const { rows } = await sql<{
    id: string;
    key: string;
    effect: string;
  }>`select id, key, effect from rules where id in (${sql.join(ids)})`.execute(database.kysely);
  return ids.map((id) => rows.find((row) => row.id === id) ?? { id });
}
