import { statSync } from 'node:fs';
import { checkDeployment } from './deployment.ts';
import { formatMistake } from './mistakes.ts';
import type { World } from './schema/world.ts';
import { readSecret, secretsOf } from './secrets.ts';

/** The variable each server reads its encryption key from when the world names no key file. */
export const keyVariables = { idp: 'CROSSGRANT_IDP_KEY', authserver: 'CROSSGRANT_AS_KEY' } as const;

export type ServerParty = keyof typeof keyVariables;

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The mode bits of a file, or nothing when it is not there. */
  readonly fileMode: (path: string) => number | undefined;
}

export const processSurroundings: Surroundings = {
  env: process.env,
  fileMode: (path) => statSync(path, { throwIfNoEntry: false })?.mode,
};

/** What keeps the servers of a world from starting: encryption keys that are missing or open to others. One sentence each. */
export function checkKeys(
  world: World,
  servers: readonly ServerParty[],
  { env, fileMode }: Surroundings = processSurroundings,
): readonly string[] {
  return servers.flatMap((server) => {
    const section = world[server];
    if (section === undefined) return [];
    const variable = keyVariables[server];
    if ((env[variable] ?? '') !== '') return [];
    if (section.keyFile === undefined) {
      return [
        `${server}.keyFile: is missing, and ${variable} is not set. Name a file, or set the variable to the output of "openssl rand -base64 32".`,
      ];
    }
    const mode = fileMode(section.keyFile);
    if (mode === undefined) {
      return world.development
        ? []
        : [
            `${server}.keyFile: there is no file ${section.keyFile}. Make it with "(umask 077; openssl rand -base64 32 > ${section.keyFile})".`,
          ];
    }
    return (mode & 0o077) === 0
      ? []
      : [`${server}.keyFile: others can read ${section.keyFile}. Close it with "chmod 600 ${section.keyFile}".`];
  });
}

/** The secrets of a world that cannot be read or are too weak. One sentence each; never a secret in it. */
export function checkSecrets(
  world: World,
  owned: (path: readonly (string | number)[]) => boolean = () => true,
): readonly string[] {
  return secretsOf(world)
    .filter(({ path }) => owned(path))
    .flatMap((entry) => {
      const read = readSecret(entry, world.development);
      return 'mistake' in read ? [formatMistake(read.mistake)] : [];
    });
}

/** What production would refuse in a world made for development. */
export function checkForProduction(world: World): readonly string[] {
  return checkDeployment({ ...world, development: false }).map(formatMistake);
}
