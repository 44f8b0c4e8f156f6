import {
  type EncryptionKeys,
  type KeyManager,
  openDatabase,
  openEncryptionKeys,
  openKeyManager,
} from '@crossgrant/platform';
import { resourceMigrations } from '@crossgrant/resource';
import type { AuthServerConfig } from './config.ts';
import { type AuthServerSchema, authServerMigrations } from './store/schema.ts';

/** One revocation epoch for the whole server; rows carry their customer. */
export const scope = 'ras';

/** Production needs a key that somebody made on purpose; development makes one beside the database. */
function keyFileOf({ keyFile, development, database }: AuthServerConfig): string | undefined {
  const isFile = !/^postgres(ql)?:\/\//i.test(database);
  return keyFile ?? (development && isFile ? `${database}.key` : undefined);
}

export function openAuthServerEncryptionKeys(
  config: AuthServerConfig,
  createIfMissing: boolean = config.development,
): EncryptionKeys {
  return openEncryptionKeys({
    env: 'CROSSGRANT_AS_KEY',
    file: keyFileOf(config),
    createIfMissing,
  });
}

/** The keys of an authorization server for a command beside the running processes. They follow by themselves. */
export async function openAuthServerKeys(config: AuthServerConfig): Promise<KeyManager> {
  const encryption = openAuthServerEncryptionKeys(config, false);
  const database = await openDatabase<AuthServerSchema>({
    url: config.database,
    migrations: [...resourceMigrations, ...authServerMigrations],
    writer: 'ras-keys',
  });
  try {
    return await openKeyManager({ database, scope, encryption, keyFile: keyFileOf(config), env: 'CROSSGRANT_AS_KEY' });
  } catch (error) {
    await database.close();
    throw error;
  }
}
