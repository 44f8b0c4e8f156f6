import { existsSync } from 'node:fs';
import type { Database, StoredAudit } from '@crossgrant/platform';
import { isPostgresUrl } from '../schema/fields.ts';
import type { World } from '../schema/world.ts';
import { secretReader } from '../secrets.ts';

export interface RuleName {
  readonly id: string;
  /** The id the world file gives it. */
  readonly key?: string;
  readonly effect?: string;
}

/** What names a decision: its id, or the `jti` of what was issued. */
export type DecisionKey = { readonly id: string } | { readonly jti: string };

export interface FoundDecision {
  readonly server: 'idp' | 'authserver';
  readonly entry: StoredAudit;
  readonly rules: readonly RuleName[];
}

/**
 * Looks a decision up in the audit of each server this world has, by its id or by the `jti` it issued or saw.
 *
 * The database code is loaded here and not with the module: commands that look nothing up start without it.
 */
export async function findDecision(world: World, key: DecisionKey): Promise<FoundDecision | undefined> {
  const { openDatabase } = await import('@crossgrant/platform');
  for (const server of ['idp', 'authserver'] as const) {
    const url = secretReader(world)(server, 'database');
    if (url === undefined || (!isPostgresUrl(url) && !existsSync(url))) continue;
    const database = await openDatabase<object>({ url, migrations: [] });
    try {
      const found = await findIn(database, server, key);
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
  const [column, value] = 'id' in key ? ['id' as const, key.id] : ['jti' as const, key.jti];
  const row = await database.kysely
    .selectFrom('audit_rows')
    .selectAll()
    .where(column, '=', value)
    .orderBy('at')
    .executeTakeFirst();
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
  return { server, entry, rules: server === 'idp' ? await nameRules(database, entry.ruleIds ?? []) : [] };
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
