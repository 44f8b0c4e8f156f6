import { createServer } from 'node:net';
import { listenersOf } from '../deployment.ts';
import { formatPath } from '../mistakes.ts';
import type { World } from '../schema/world.ts';
import { type Party, partyNames } from './messages.ts';

const isRunningAlready = 'This world seems to be running already; end it with Ctrl-C in its window.';

/** A sentence for each address of the world that cannot be bound right now, or one when none of several can. */
export async function busyPorts(world: World, parties?: readonly Party[]): Promise<readonly string[]> {
  const wanted = listenersOf(world).filter(({ party }) => parties?.includes(party) ?? true);
  const problems = await Promise.all(
    wanted.map(async ({ party, path, listen }) => ({ party, path, listen, code: await tryListen(listen) })),
  );
  if (problems.length > 1 && problems.every(({ code }) => code === 'EADDRINUSE')) return [isRunningAlready];
  return problems.flatMap(({ party, path, listen, code }) =>
    code === undefined ? [] : [sentence(party, formatPath(path), listen, code)],
  );
}

function sentence(party: Party, path: string, listen: string, code: string): string {
  const { port } = splitAddress(listen);
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken, so the ${partyNames[party]} cannot listen on ${listen}. End the program that uses it, or change ${path} in the world file.`;
  if (code === 'EACCES')
    return `Port ${port} needs more rights than this process has. Change ${path} in the world file to a port above 1023.`;
  return `${listen} is no address of this machine (${code}). Change ${path} in the world file.`;
}

export function splitAddress(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}

function tryListen(listen: string): Promise<string | undefined> {
  const { host, port } = splitAddress(listen);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
