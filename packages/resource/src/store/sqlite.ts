import { openSqlStore, type SqlResourceStore, type SqlStoreOptions } from './open-sql-store.ts';

export type { SqlResourceStore, SqlStoreOptions } from './open-sql-store.ts';

/** A durable store in one file, for one process. */
export function openSqliteStore(options: SqlStoreOptions & { readonly file: string }): Promise<SqlResourceStore> {
  return openSqlStore(options.file, options);
}
