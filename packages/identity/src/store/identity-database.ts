import { type AuditChange, changeScope, type Database } from '@crossgrant/platform';
import type { Kysely, Transaction } from 'kysely';
import type { IdentitySchema } from './schema.ts';

/** A database that holds, among others, the tables of identityMigrations. */
// biome-ignore lint/suspicious/noExplicitAny: a database with further tables is one too, which Kysely's types cannot say
export type IdentityDatabase = Database<any>;

export type IdentityQueries = Kysely<IdentitySchema>;

export function queries(database: IdentityDatabase): IdentityQueries {
  return database.kysely as unknown as IdentityQueries;
}

/** Changes what a tenant's snapshot holds: under its lock, with the new epoch, audit rows in the same transaction. */
export function changeTenant<T>(
  database: IdentityDatabase,
  tenantId: string,
  change: (trx: Transaction<IdentitySchema>, epoch: number, audit: AuditChange) => Promise<T>,
): Promise<T> {
  return changeScope(database, tenantId, (trx, epoch, audit) =>
    change(trx as unknown as Transaction<IdentitySchema>, epoch, audit),
  );
}
