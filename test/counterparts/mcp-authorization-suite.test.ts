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
  const printed = await runSuite(servers.idp, [
    '--client-id',
    'agent',
    '--client-secret',
    idpSecret,
    '--resource',
    servers.resource,
  ]);
  expect(printed).toMatch(/✓ authorization-server-metadata-endpoint: 1 passed, 0 failed/);
  expect(printed).toMatch(/✓ authorization-code-grant: 1 passed, 0 failed/);
}, 90_000);

/** The server redeems ID-JAGs and signs nobody on, so that the code grant of the suite has nothing to run against. */
test('the MCP conformance suite passes the metadata scenario of its authorization mode against the authorization server', async () => {
  const printed = await runSuite(servers.authserver, ['--scenario', 'authorization-server-metadata-endpoint']);
  expect(printed).toMatch(/SUCCESS.* Valid authorization server metadata response/);
  expect(printed).toContain('Passed: 1/1, 0 failed');
}, 90_000);

/** Runs the suite; when it prints the authorization URL for a person, the robot signs on and opens the callback. */
function runSuite(url: string, more: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [
    runner,
    'authorization',
    '--url',
    url,
    '--port',
    String(callbackPort),
    ...more,
  ]);
  let printed = '';
  let isOpened = false;
  const read = (chunk: Buffer): void => {
    printed += chunk.toString();
    const opened = /https?:\/\/[^\s"]+response_type=code[^\s"]*/.exec(printed)?.[0];
    if (opened === undefined || isOpened) return;
    isOpened = true;
    void signOnAsPerson({ authorizeUrl: opened, ...alice }).then((callback) => fetch(callback));
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  return new Promise((resolve) => child.on('close', () => resolve(printed)));
}
