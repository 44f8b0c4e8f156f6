import { checkDatabaseFiles } from './database-files.ts';
import { WorldMistakes } from './mistakes.ts';
import { busyPorts } from './processes/ports.ts';
import { checkKeys, checkSecrets, type ServerParty } from './readiness.ts';
import type { World } from './schema/world.ts';
import { toAuthServerConfig, toIdpConfig } from './server-configs.ts';
import { StartFailed } from './start-failed.ts';

export interface ServedParty {
  readonly url: string;
  /** Of the admin API, where it is on. */
  readonly adminUrl?: string;
  close(): Promise<void>;
}

/** The sections whose secrets a server needs, and no others. */
const ownSections: Readonly<Record<ServerParty, readonly string[]>> = {
  idp: ['idp', 'policy'],
  authserver: ['authserver'],
};

/**
 * Starts one server of a world in this process.
 *
 * Throws `WorldMistakes` when the world has no such server, an encryption key is missing or a secret cannot be read, and
 * `StartFailed` when the port is taken.
 */
export async function serve(world: World, server: ServerParty, worldFile: string): Promise<ServedParty> {
  if (world[server] === undefined)
    throw new WorldMistakes(worldFile, [`There is no ${server} section, so there is nothing to start.`]);
  const problems = [
    ...checkKeys(world, [server]),
    ...checkDatabaseFiles(world, [server]),
    ...checkSecrets(world, ([section]) => ownSections[server].includes(String(section))),
  ];
  if (problems.length > 0) throw new WorldMistakes(worldFile, problems);
  const taken = await busyPorts(world, [server]);
  if (taken.length > 0) throw new StartFailed(taken.join('\n'));
  if (server === 'idp') return (await import('@crossgrant/idp')).startIdp(toIdpConfig(world));
  return (await import('@crossgrant/authserver')).startAuthServer(toAuthServerConfig(world));
}
