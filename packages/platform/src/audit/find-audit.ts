import type { Kysely } from 'kysely';
import type { CoreSchema } from '../database/core-schema.ts';
import type { Database } from '../database/database.ts';
import type { AuditEntry } from './audit-entry.ts';
import type { AuditRow, PersonalRow } from './chain.ts';

/** A stored entry with where it stands in its chain. */
export interface StoredAudit extends AuditEntry {
  readonly writer: string;
  readonly sequence: number;
  readonly hash: string;
}

/** Looks an entry up by its id, within one scope. Personal data is there unless it was erased. */
export async function findAudit<S>(database: Database<S>, scope: string, id: string): Promise<StoredAudit | undefined> {
  const kysely = database.kysely as unknown as Kysely<CoreSchema>;
  const row = await kysely
    .selectFrom('audit_rows')
    .selectAll()
    .where('id', '=', id)
    .where('scope', '=', scope) // LES-38
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const personal =
    row.personal_ref === null
      ? undefined
      : await kysely.selectFrom('audit_personal').selectAll().where('ref', '=', row.personal_ref).executeTakeFirst();
  return storedAudit(row, personal);
}

/** Removes what identifies a person from the log of a scope. The rows themselves stay, and their chain still verifies. */
export async function erasePersonal<S>(database: Database<S>, scope: string, person: string): Promise<number> {
  const kysely = database.kysely as unknown as Kysely<CoreSchema>;
  const result = await kysely
    .deleteFrom('audit_personal')
    .where('scope', '=', scope)
    .where('person', '=', person)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** A row as an entry. */
export function storedAudit(row: AuditRow, personal: PersonalRow | undefined): StoredAudit {
  return {
    id: row.id,
    scope: row.scope,
    at: row.at,
    kind: row.kind as AuditEntry['kind'],
    outcome: row.outcome as AuditEntry['outcome'],
    code: row.code ?? undefined,
    client: row.client ?? undefined,
    audience: row.audience ?? undefined,
    resource: row.resource ?? undefined,
    scopesRequested: row.scopes_requested ?? undefined,
    scopesGranted: row.scopes_granted ?? undefined,
    ruleIds: row.rule_ids === null ? undefined : JSON.parse(row.rule_ids),
    jti: row.jti ?? undefined,
    facts: row.facts === null ? undefined : JSON.parse(row.facts),
    personal:
      personal === undefined
        ? undefined
        : {
            person: personal.person,
            username: personal.username ?? undefined,
            email: personal.email ?? undefined,
            address: personal.address ?? undefined,
          },
    writer: row.writer,
    sequence: row.sequence,
    hash: row.hash,
  };
}
