import type { Kysely, Transaction } from 'kysely';
import type { AuditChange, ScopeChange } from './change-writer.ts';
import type { CoreSchema } from './core-schema.ts';
import type { Database } from './database.ts';

/**
 * The one way to change anything a snapshot holds. Bumps the scope's revocation epoch and runs `change` in the same
 * transaction, so that every commit based on an older snapshot turns stale at the very instant the change is durable.
 * Listeners hear of it afterwards. Inside `change`, use `trx` alone.
 */
export function changeScope<S, T>(
  database: Database<S>,
  scope: string,
  change: (trx: Transaction<S & CoreSchema>, epoch: number, audit: AuditChange) => Promise<T>,
): Promise<T> {
  return database.changes.run(scope, change as unknown as ScopeChange<T>);
}

/** The scope's current epoch; 0 before its first change. */
export async function readEpoch<S>(database: Database<S>, scope: string): Promise<number> {
  const kysely = database.kysely as unknown as Kysely<CoreSchema>;
  const row = await kysely
    .selectFrom('revocation_epochs')
    .select('epoch')
    .where('scope', '=', scope)
    .executeTakeFirst();
  return row?.epoch ?? 0;
}
