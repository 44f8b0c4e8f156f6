import { identityMigrations } from '@crossgrant/identity';
import {
  type EncryptionKeys,
  type KeyManager,
  openDatabase,
  openEncryptionKeys,
  openKeyManager,
} from '@crossgrant/platform';
import type { IdpConfig } from './config.ts';
import { idpMigrations } from './store/migrations.ts';
import type { IdpSchema } from './store/schema.ts';

/** The file of the encryption key: the configured one, or in development one beside the database. */
function keyFileOf({ keyFile, development, database }: IdpConfig): string | undefined {
  if (keyFile !== undefined || !development) return keyFile;
  return /^postgres(ql)?:/i.test(database) ? './idp.key' : `${database}.key`;
}

export function openIdpEncryptionKeys(
  config: IdpConfig,
  createIfMissing: boolean = config.development,
): EncryptionKeys {
  return openEncryptionKeys({
    env: 'CROSSGRANT_IDP_KEY',
    file: keyFileOf(config),
    createIfMissing,
  });
}

/** The keys of an IdP for a command beside the running processes; undefined while it never ran. They follow by themselves. */
export async function openIdpKeys(config: IdpConfig): Promise<KeyManager | undefined> {
  const encryption = openIdpEncryptionKeys(config, false);
  const database = await openDatabase<IdpSchema>({
    url: config.database,
    migrations: [...identityMigrations, ...idpMigrations],
    writer: 'idp-keys',
  });
  try {
    const tenant = await database.kysely
      .selectFrom('tenants')
      .select('id')
      .where('issuer', '=', config.issuer)
      .executeTakeFirst();
    if (tenant !== undefined) {
      return await openKeyManager({
        database,
        scope: tenant.id,
        encryption,
        keyFile: keyFileOf(config),
        env: 'CROSSGRANT_IDP_KEY',
      });
    }
  } catch (error) {
    await database.close();
    throw error;
  }
  await database.close();
  return undefined;
}
