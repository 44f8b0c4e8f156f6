import { type Database, type KeyRing, openDatabase, openKeyRing, type SecretBox } from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { ResourceStore } from './resource-store.ts';
import { type ResourceSchema, resourceMigrations } from './schema.ts';
import { createSqlResourceStore } from './sql.ts';

/** A store that also keeps the signing keys, sealed, so that every replica signs with the same ones. */
export interface SqlResourceStore extends ResourceStore {
  openKeys(options: {
    readonly secrets: SecretBox;
    readonly algorithms: readonly SignatureAlgorithm[];
  }): Promise<KeyRing>;
}

export interface SqlStoreOptions {
  readonly clock?: Clock;
  /** Names the authorization server in a database that several share. */
  readonly scope?: string;
  readonly onProblem?: (problem: string, cause?: unknown) => void;
}

export async function openSqlStore(url: string, options: SqlStoreOptions): Promise<SqlResourceStore> {
  const database: Database<ResourceSchema> = await openDatabase<ResourceSchema>({
    url,
    migrations: resourceMigrations,
    clock: options.clock,
    onProblem: options.onProblem,
  });
  const scope = options.scope ?? 'ras';
  return {
    ...createSqlResourceStore(database, scope, options.clock),
    openKeys: ({ secrets, algorithms }) =>
      openKeyRing({
        database,
        scope,
        purposes: ['access-token'],
        algorithms,
        secrets,
        clock: options.clock ?? Date.now,
      }),
  };
}
