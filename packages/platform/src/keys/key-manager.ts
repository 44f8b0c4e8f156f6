import type { Clock } from '@crossgrant/protocol';
import type { Database } from '../database/database.ts';
import { type EncryptionKeyFacts, endOtherEncryptionKeys, listEncryptionKeys, openSecrets } from './data-key.ts';
import { type EncryptionKeys, endPreviousKeyInFile, exchangeKeyInFile, openEncryptionKeys } from './encryption-keys.ts';
import { type KeyDesk, openKeyDesk } from './key-desk.ts';
import type { KeyAct } from './rotate-keys.ts';

/** The signing keys and the encryption keys of one server, for a command that runs beside it. */
export interface KeyManager extends KeyDesk {
  listEncryptionKeys(): Promise<readonly EncryptionKeyFacts[]>;
  /**
   * Lets a new encryption key open the database beside the present one: a fresh one, put before the present one in the key
   * file; or, where the key comes from the environment, the one that stands there beside its predecessor.
   */
  exchangeEncryptionKey(): Promise<'exchanged' | 'under way' | 'name both in the environment'>;
  /** Ends every encryption key but the first of the file or the environment. Returns how many ended. */
  endOtherEncryptionKeys(act: KeyAct): Promise<number>;
  close(): Promise<void>;
}

/** Takes the database over: closing the manager closes it. */
export async function openKeyManager<S>(options: {
  readonly database: Database<S>;
  readonly scope: string;
  readonly encryption: EncryptionKeys;
  readonly env: string;
  readonly keyFile: string | undefined;
  readonly clock?: Clock;
}): Promise<KeyManager> {
  const { database, scope, encryption, env, keyFile, clock = Date.now } = options;
  let isUnderWay = (await listEncryptionKeys(database, encryption)).length > 1;
  const secrets = await openSecrets(database, encryption, clock);
  const isFromFile = (process.env[env] ?? '') === '';
  let keys = encryption;

  return {
    ...openKeyDesk({ database, scope, secrets, clock }),
    listEncryptionKeys: () => listEncryptionKeys(database, keys),
    async exchangeEncryptionKey() {
      const wasUnderWay = isUnderWay;
      isUnderWay = (await listEncryptionKeys(database, keys)).length > 1;
      if (isUnderWay) return wasUnderWay ? 'under way' : 'exchanged';
      if (!isFromFile || keyFile === undefined) return 'name both in the environment';
      exchangeKeyInFile(keyFile);
      keys = openEncryptionKeys({ file: keyFile });
      await openSecrets(database, keys, clock);
      isUnderWay = true;
      return 'exchanged';
    },
    async endOtherEncryptionKeys(act) {
      const ended = await endOtherEncryptionKeys({ database, scope, keys, clock }, act);
      if (isFromFile && keyFile !== undefined && keys.previous !== undefined) endPreviousKeyInFile(keyFile);
      return ended;
    },
    close: () => database.close(),
  };
}
