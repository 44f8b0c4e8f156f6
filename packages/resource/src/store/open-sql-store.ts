import {
  type Database,
  type EncryptionKeys,
  type KeyRing,
  openDatabase,
  openKeyRing,
  openSecrets,
  startKeySchedule,
} from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { ResourceStore } from './resource-store.ts';
import { type ResourceSchema, resourceMigrations } from './schema.ts';
import { createSqlResourceStore } from './sql.ts';

/** A store that also keeps the signing keys, sealed, so that every replica signs with the same ones. */
export interface SqlResourceStore extends ResourceStore {
  openKeys(options: {
    readonly encryption: EncryptionKeys;
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
  const { scope = 'ras', clock = Date.now, onProblem } = options;
  const store = createSqlResourceStore(database, scope, clock);
  const schedules: { close(): Promise<void> }[] = [];
  return {
    ...store,
    async openKeys({ encryption, algorithms }) {
      const secrets = await openSecrets(database, encryption, clock);
      const place = { database, scope, secrets, clock };
      const ring = await openKeyRing({
        ...place,
        purposes: ['access-token'],
        algorithms,
        onProblem: (problem) => onProblem?.('a stored key is left out', problem),
      });
      schedules.push(
        startKeySchedule({ ...place, onProblem: (problem) => onProblem?.('the schedule of the keys failed', problem) }),
      );
      return ring;
    },
    async close() {
      await Promise.all(schedules.map((schedule) => schedule.close()));
      await store.close();
    },
  };
}
