import { Misuse } from '@crossgrant/platform';
import { openSqlStore, type SqlResourceStore, type SqlStoreOptions } from './open-sql-store.ts';

export type { SqlResourceStore, SqlStoreOptions } from './open-sql-store.ts';

/** A durable store for any number of processes: an ID-JAG is redeemed once among all of them. */
export async function openPostgresStore(
  options: SqlStoreOptions & { readonly url: string },
): Promise<SqlResourceStore> {
  if (!/^postgres(ql)?:\/\//i.test(options.url)) throw new Misuse('store/url', 'The store needs a postgres:// URL.');
  return openSqlStore(options.url, options);
}
