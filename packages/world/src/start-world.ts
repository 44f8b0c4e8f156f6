import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listenersOf } from './deployment.ts';
import type { DecisionKey, FoundDecision } from './explain/find-decision.ts';
import { type PartyProcess, startParty } from './processes/party-process.ts';
import { busyPorts } from './processes/ports.ts';
import { checkKeys } from './readiness.ts';
import type { Hop } from './report/hop.ts';
import { isPostgresUrl } from './schema/fields.ts';
import type { World } from './schema/world.ts';

export interface RunningWorld {
  readonly urls: readonly { readonly party: PartyProcess['party']; readonly url: string }[];
  /** Resolves with a sentence as soon as any party ends by itself. */
  readonly died: Promise<string>;
  /** Makes the call of the sample app; resolves with the reason when it failed. */
  run(person: string, onHop: (hop: Hop) => void): Promise<string | undefined>;
  /** Asks the IdP's process why it decided; nothing in a world without an IdP. */
  explain(key: DecisionKey): Promise<FoundDecision | undefined>;
  stop(): Promise<void>;
}

/** The world cannot start; the message is what the person at the terminal needs to read. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

/** Starts every party of a world at once, each in its own process. Throws `StartFailed`, leaving nothing running. */
export async function startWorld(world: World, worldFile: string): Promise<RunningWorld> {
  const problems = [...checkKeys(world, ['idp', 'authserver']), ...(await busyPorts(world))];
  if (problems.length > 0) throw new StartFailed(problems.join('\n'));
  const logDirectory = logDirectoryOf(world);
  mkdirSync(logDirectory, { recursive: true });
  const processes = listenersOf(world).map(({ party }) => startParty({ party, worldFile, logDirectory }));
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
  };
  try {
    const urls = await Promise.all(processes.map(async ({ party, ready }) => ({ party, url: await ready })));
    return {
      urls,
      died: Promise.race(processes.map(({ died }) => died)),
      run: (person, onHop) => runCall(processes, person, onHop),
      explain: (key) => explain(processes, key),
      stop,
    };
  } catch (error) {
    await stop();
    throw new StartFailed(error instanceof Error ? error.message : String(error));
  }
}

/** Logs stand beside the first database that is a file. */
function logDirectoryOf(world: World): string {
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

function explain(processes: readonly PartyProcess[], key: DecisionKey): Promise<FoundDecision | undefined> {
  const idp = processes.find(({ party }) => party === 'idp');
  if (idp === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    idp.onMessage((message) => message.kind === 'explained' && resolve(message.found));
    void idp.died.then(() => resolve(undefined));
    idp.send({ kind: 'explain', key });
  });
}
