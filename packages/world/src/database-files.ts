import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { keyVariables, type ServerParty } from './readiness.ts';
import { isPostgresUrl } from './schema/fields.ts';
import type { World } from './schema/world.ts';
import { secretReader } from './secrets.ts';

/** What keeps the database files of a world from being used, one sentence each. A secret that cannot be read is no matter of this. */
export function checkDatabaseFiles(
  world: World,
  servers: readonly ServerParty[] = ['idp', 'authserver'],
): readonly string[] {
  return servers.flatMap((server) => {
    const file = databaseOf(world, server);
    if (file === undefined || isPostgresUrl(file)) return [];
    const problem = problemOfPlace(resolve(file)) ?? problemOfFile(resolve(file));
    return problem === undefined ? [] : [`${server}.database: ${problem}`];
  });
}

function databaseOf(world: World, server: ServerParty): string | undefined {
  try {
    return secretReader(world)(server, 'database');
  } catch {
    return undefined;
  }
}

/** The file must be writable, or the nearest folder above it that is there. */
function problemOfPlace(file: string): string | undefined {
  let place = file;
  while (!existsSync(place)) place = dirname(place);
  if (place === file && !statSync(place).isFile()) return `${file} is a folder or a device; name a file.`;
  if (place !== file && !statSync(place).isDirectory()) return `${file} cannot be made, because ${place} is no folder.`;
  if (place === '/proc' || place.startsWith('/proc/') || !isWritable(place))
    return `${file} cannot be written. Check the rights of ${place === file ? file : `the folder ${place}`}.`;
  return undefined;
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const header = 'SQLite format 3\0';

function problemOfFile(file: string): string | undefined {
  if (!existsSync(file) || statSync(file).size === 0 || hasHeader(file)) return undefined;
  return `${file} is no SQLite database. Name another file, or move this one away.`;
}

function hasHeader(file: string): boolean {
  const start = Buffer.alloc(header.length);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    readSync(descriptor, start, 0, header.length, 0);
    return start.toString('latin1') === header;
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Whether each database file that is there opens with the key its server would use. Loads the database code when called. */
export async function checkDatabaseKeys(world: World): Promise<readonly string[]> {
  const problems = await Promise.all(
    (['idp', 'authserver'] as const).map(async (server) => {
      const file = databaseOf(world, server);
      if (file === undefined || isPostgresUrl(file) || !existsSync(file) || !hasHeader(file)) return [];
      const sealed = await sealedKeysIn(file);
      if (sealed.length === 0) return [];
      const keyFile = world[server]?.keyFile ?? `${file}.key`;
      const { openEncryptionKeys } = await import('@crossgrant/platform');
      try {
        const { current, previous } = openEncryptionKeys({ env: keyVariables[server], file: keyFile });
        if (sealed.some((id) => id === current.id || id === previous?.id)) return [];
      } catch {
        // One sentence covers a key that cannot be read as well.
      }
      const sentence = `does not open with its encryption key. Use the key it was made with (${keyVariables[server]} or ${keyFile}).`;
      return [`${server}.database: ${resolve(file)} ${sentence}`];
    }),
  );
  return problems.flat();
}

/** The encryption keys that open a database; none in one that was never used, or that cannot be read. */
async function sealedKeysIn(file: string): Promise<readonly string[]> {
  const { DatabaseSync } = await import('node:sqlite');
  try {
    const database = new DatabaseSync(file, { readOnly: true });
    try {
      return database
        .prepare('select key_id from data_keys')
        .all()
        .map((row) => String(row.key_id));
    } finally {
      database.close();
    }
  } catch {
    return [];
  }
}
