import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** One server in a process of its own, so that it can die without a chance to clean up. */
export interface ServerProcess {
  kill(): Promise<void>;
}

const entry = fileURLToPath(new URL('./serve.ts', import.meta.url));

/** Starts the IdP or the authorization server from a configuration file and waits until it answers. */
export async function startServerProcess(
  kind: 'idp' | 'authserver',
  config: { issuer: string },
  configFile: string,
): Promise<ServerProcess> {
  await writeFile(configFile, JSON.stringify(config));
  const child = spawn(process.execPath, ['--conditions=@crossgrant/source', entry, kind, configFile], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  await untilAnswering(`${config.issuer}/.well-known/oauth-authorization-server`, child, () => complaints);
  return { kill: () => killNow(child) };
}

async function untilAnswering(url: string, child: ChildProcess, complaints: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The server ended before it answered: ${complaints()}`);
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`The server did not answer within 20 s: ${complaints()}`);
}

async function killNow(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
