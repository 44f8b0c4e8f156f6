import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { FoundDecision } from '@crossgrant/platform/explain';
import { checkDatabaseFiles } from './database-files.ts';
import { listenersOf } from './deployment.ts';
import type { DecisionKey } from './explain/find-decision.ts';
import { type PartyProcess, startParty } from './processes/party-process.ts';
import { busyPorts } from './processes/ports.ts';
import { checkKeys, checkSecrets, type ServerParty } from './readiness.ts';
import type { Hop } from './report/hop.ts';
import { isPostgresUrl } from './schema/fields.ts';
import type { World } from './schema/world.ts';
import { StartFailed } from './start-failed.ts';

export interface RunningWorld {
  readonly urls: readonly { readonly party: PartyProcess['party']; readonly url: string }[];
  /** Resolves with a sentence as soon as any party ends by itself. */
  readonly died: Promise<string>;
  /** Makes the call of the sample app; resolves with the reason when it failed. */
  run(person: string, onHop: (hop: Hop) => void): Promise<string | undefined>;
  /** Asks the process of a server why it decided; nothing in a world without that server. */
  explain(server: ServerParty, key: DecisionKey): Promise<FoundDecision | undefined>;
  stop(): Promise<void>;
}

const never = new Promise<never>(() => undefined);

/**
 * Starts every party of a world at once, each in its own process. Throws `StartFailed`, leaving nothing running; the same
 * without a throw when `stopped` resolves first.
 */
export async function startWorld(
  world: World,
  worldFile: string,
  stopped: Promise<unknown> = never,
): Promise<RunningWorld | undefined> {
  const problems = [
    ...checkSecrets(world),
    ...checkKeys(world, ['idp', 'authserver']),
    ...checkDatabaseFiles(world),
    ...(await busyPorts(world)),
  ];
  if (problems.length > 0) throw new StartFailed(problems.join('\n'));
  const logDirectory = logDirectoryOf(world);
  makeLogDirectory(logDirectory);
  const processes = listenersOf(world).map(({ party }) => startParty({ party, worldFile, logDirectory }));
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  try {
    const urls = await Promise.race([
      Promise.all(processes.map(async ({ party, ready }) => ({ party, url: await ready }))),
      stopped.then(() => undefined),
    ]);
    if (urls === undefined) {
      await stop();
      return undefined;
    }
    return {
      urls,
      died: Promise.race(processes.map(({ died }) => died)),
      run: (person, onHop) => runCall(processes, person, onHop),
      explain: (server, key) => explain(processes, server, key),
      stop,
    };
  } catch (error) {
    await stop();
    throw new StartFailed(error instanceof Error ? error.message : String(error));
  }
}

function makeLogDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new StartFailed(`The logs cannot be kept in ${resolve(directory)}: ${(error as Error).message}.`);
  }
}

/** Logs stand beside the first database that is a file. */
export function logDirectoryOf(world: World): string {
  const file = [world.idp?.database, world.authserver?.database].find(
    (database) => typeof database === 'string' && !isPostgresUrl(database),
  );
  return join(typeof file === 'string' ? dirname(file) : './data', 'logs');
}

function runCall(
  processes: readonly PartyProcess[],
  person: string,
  onHop: (hop: Hop) => void,
): Promise<string | undefined> {
  const app = processes.find(({ party }) => party === 'sampleApp');
  if (app === undefined) return Promise.resolve('This world has no sampleApp section, so there is no call to make.');
  return new Promise((resolve) => {
    app.onMessage((message) => {
      if (message.kind === 'hop') onHop(message.hop);
      if (message.kind === 'ran') resolve(message.failure);
    });
    void app.died.then(resolve);
    app.send({ kind: 'run', person });
  });
}

function explain(
  processes: readonly PartyProcess[],
  server: ServerParty,
  key: DecisionKey,
): Promise<FoundDecision | undefined> {
  const asked = processes.find(({ party }) => party === server);
  if (asked === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    asked.onMessage((message) => message.kind === 'explained' && resolve(message.found));
    void asked.died.then(() => resolve(undefined));
    asked.send({ kind: 'explain', key });
  });
}
