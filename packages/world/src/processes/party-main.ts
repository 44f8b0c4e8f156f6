import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import type { DecisionKey } from '../explain/find-decision.ts';
import { loadWorld } from '../load-world.ts';
import type { World } from '../schema/world.ts';
import { toAuthServerConfig, toIdpConfig } from '../server-configs.ts';
import type { FromParty, Party, ToParty } from './messages.ts';

/** What every started party offers this process. */
interface Running {
  readonly url: string;
  close(): Promise<void>;
  run?(person: string, report: (message: FromParty) => void): Promise<void>;
}

/** Compiled code is kept between starts. Where the folder cannot be written, a start only takes longer. */
enableCompileCache(join(import.meta.dirname, '..', '..', '..', '..', 'node_modules', '.cache', 'crossgrant'));

/** Each party loads its own code only: no process holds what belongs to another trust domain. */
const starters: Readonly<Record<Party, (world: World) => Promise<Running>>> = {
  idp: async (world) => (await import('@crossgrant/idp')).startIdp(toIdpConfig(world)),
  authserver: async (world) => (await import('@crossgrant/authserver')).startAuthServer(toAuthServerConfig(world)),
  mcpServer: async (world) => (await import('../parties/mcp-server.ts')).startMcpServer(world),
  sampleApp: async (world) => (await import('../parties/sample-app.ts')).startSampleApp(world),
};

const [party, worldFile] = process.argv.slice(2) as [Party, string];

const report = (message: FromParty): void => {
  if (process.connected) process.send?.(message);
};

process.on('SIGINT', () => undefined); // Ctrl-C reaches every process of the terminal; the launcher decides when each ends

try {
  const world = loadWorld(worldFile);
  const running = await starters[party](world);
  process.on('message', (message: ToParty) => {
    if (message.kind === 'run') void running.run?.(message.person, report);
    else void explain(world, message.key);
  });
  process.on('SIGTERM', () => void end(running));
  process.on('disconnect', () => void end(running));
  if (!process.connected) await end(running);
  report({ kind: 'ready', url: running.url });
} catch (error) {
  console.error(error);
  const sentence = error instanceof Error ? error.message : String(error);
  if (process.connected) process.send?.({ kind: 'failed', sentence } satisfies FromParty, () => process.exit(1));
  else process.exit(1);
}

/** Only a server's own process reads its audit. */
async function explain(world: World, key: DecisionKey): Promise<void> {
  const { findDecision } = await import('../explain/find-decision.ts');
  const found = await findDecision({ ...world, [party === 'idp' ? 'authserver' : 'idp']: undefined }, key).catch(
    () => undefined,
  );
  report({ kind: 'explained', found });
}

async function end(running: Running): Promise<void> {
  await running.close();
  process.exit(0);
}
