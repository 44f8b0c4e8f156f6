import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePorts } from '@crossgrant/testkit';
import { signOnAsPerson } from '@crossgrant/world';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alice, idpSecret, startThreeServers, type ThreeServers } from '../fixtures/three-servers.ts';

const runner = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance/dist/index.js');
let servers: ThreeServers;
let callbackPort: number;

beforeAll(async () => {
  callbackPort = (await freePorts(1))[0] ?? 0;
  servers = await startThreeServers({ redirectUri: `http://127.0.0.1:${callbackPort}/callback` });
});
afterAll(() => servers?.close());

test('the MCP conformance suite passes its authorization mode against the IdP', async () => {
  const printed = await runSuite();
  expect(printed).toMatch(/✓ authorization-server-metadata-endpoint: 1 passed, 0 failed/);
  expect(printed).toMatch(/✓ authorization-code-grant: 1 passed, 0 failed/);
}, 90_000);

/** Runs the suite; when it prints the authorization URL for a person, the robot signs on and opens the callback. */
function runSuite(): Promise<string> {
  const child = spawn(process.execPath, [
    runner,
    'authorization',
    '--url',
    servers.idp,
    '--client-id',
    'agent',
    '--client-secret',
    idpSecret,
    '--port',
    String(callbackPort),
    '--resource',
    servers.resource,
  ]);
  let printed = '';
  let isOpened = false;
  const read = (chunk: Buffer): void => {
    printed += chunk.toString();
    const url = /https?:\/\/[^\s"]+response_type=code[^\s"]*/.exec(printed)?.[0];
    if (url === undefined || isOpened) return;
    isOpened = true;
    void signOnAsPerson({ authorizeUrl: url, ...alice }).then((callback) => fetch(callback));
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  return new Promise((resolve) => child.on('close', () => resolve(printed)));
}
