import { existsSync } from 'node:fs';
import type { KeyFacts, KeyManager } from '@crossgrant/platform';
import { keyVariables, type ServerParty } from './readiness.ts';
import { isPostgresUrl } from './schema/fields.ts';
import type { World } from './schema/world.ts';
import { secretReader } from './secrets.ts';
import { toAuthServerConfig, toIdpConfig } from './server-configs.ts';
import { StartFailed } from './start-failed.ts';

/** The keys of one server of a world. */
export interface ServerKeys {
  readonly server: ServerParty;
  readonly issuer: string;
  readonly keys: KeyManager;
  /** Where its encryption key is read from. */
  readonly keyVariable: string;
}

/**
 * Opens the keys of a server beside its running processes; undefined where the world has no such server or it never ran.
 * Throws `StartFailed` with one sentence when its database does not open.
 */
export async function openServerKeys(world: World, server: ServerParty): Promise<ServerKeys | undefined> {
  const section = world[server];
  if (section === undefined || !isThere(world, server)) return undefined;
  try {
    const keys = await openManager(world, server);
    return keys && { server, issuer: section.issuer, keys, keyVariable: keyVariables[server] };
  } catch (error) {
    throw new StartFailed(`${server}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Only what the keys need is resolved: the passwords of people and the secrets of clients are no matter of this. */
async function openManager(world: World, server: ServerParty): Promise<KeyManager | undefined> {
  if (server === 'idp') {
    const idp = world.idp && { ...world.idp, people: [] };
    const { openIdpKeys } = await import('@crossgrant/idp');
    return openIdpKeys(toIdpConfig({ ...world, idp, policy: undefined }));
  }
  const bare = { clients: [], trustedIssuers: [], resources: [], accounts: [] };
  const authserver = world.authserver && { ...world.authserver, ...bare };
  const { openAuthServerKeys } = await import('@crossgrant/authserver');
  return openAuthServerKeys(toAuthServerConfig({ ...world, authserver }));
}

/** The keys that sign although their time is long over: the schedule of their server does not run. One sentence each. */
export async function checkKeyAges(world: World, now: number = Date.now()): Promise<readonly string[]> {
  const { keyTimes } = await import('@crossgrant/platform');
  const day = 86_400_000;
  const problems = await Promise.all(
    (['idp', 'authserver'] as const).map(async (server) => {
      const keys = await readSigningKeys(world, server, now);
      return keys
        .filter(({ phase, signsFrom }) => phase === 'active' && now - signsFrom > keyTimes.overAgeMs)
        .map(({ alg, kid, signsFrom }) => {
          const days = Math.floor((now - signsFrom) / day);
          return `${server}: the ${alg} key ${kid} has signed for ${days} days. Run "crossgrant keys rotate", and see why its server does not rotate by itself.`;
        });
    }),
  );
  return problems.flat();
}

async function readSigningKeys(world: World, server: ServerParty, now: number): Promise<readonly KeyFacts[]> {
  const url = secretReader(world)(server, 'database');
  if (url === undefined || !isThere(world, server)) return [];
  const { listSigningKeys, openDatabase } = await import('@crossgrant/platform');
  const database = await openDatabase<object>({ url, migrations: [] }).catch(() => undefined);
  if (database === undefined) return [];
  try {
    const scopes = await database.kysely.selectFrom('signing_keys').select('scope').distinct().execute();
    const lists = scopes.map(({ scope }) => listSigningKeys({ database, scope, clock: () => now }));
    return (await Promise.all(lists)).flat();
  } finally {
    await database.close();
  }
}

function isThere(world: World, server: ServerParty): boolean {
  const url = secretReader(world)(server, 'database') ?? '';
  return isPostgresUrl(url) || existsSync(url);
}
