import { verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import { clientSecretBasic } from '../src/index.ts';
import { createUnmanagedClient, type UnmanagedOptions } from '../src/unmanaged/index.ts';
import { expectFailure } from './expect-failure.ts';
import {
  type Answer,
  inTurn,
  metadata,
  oauthError,
  type Party,
  startWorld,
  unauthorized,
  type World,
} from './fake-parties.ts';

let world: World;
afterEach(() => world?.close());

const redirectUri = 'http://127.0.0.1:7/cb';
const pkce = { code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true };

/** A person who consents at once. */
const consent =
  (issuer: Party, change: (callback: URL) => void = () => undefined) =>
  async (url: string) => {
    const asked = new URL(url).searchParams;
    consents.push(Object.fromEntries(asked));
    const callback = new URL(asked.get('redirect_uri') ?? '');
    for (const [name, value] of Object.entries({ code: 'c1', state: asked.get('state') ?? '', iss: issuer.url }))
      callback.searchParams.set(name, value);
    change(callback);
    return callback.href;
  };
const consents: Record<string, string>[] = [];

function answerAs(party: Party, more: Record<string, unknown> = {}, token: () => Answer = () => granted()): void {
  const extra = { ...pkce, registration_endpoint: `${party.url}/register`, ...more };
  party.answer('GET /.well-known/oauth-authorization-server', () => metadata(party.url, extra));
  party.answer('POST /register', () => ({
    status: 201,
    json: { client_id: `at-${party.url.slice(-5)}`, client_secret: 'dcr-secret' },
  }));
  party.answer('POST /token', token);
}
const granted = (more: object = {}): Answer => ({
  json: { access_token: 'access-1', token_type: 'Bearer', expires_in: 600, ...more },
});

const newClient = (more: Partial<UnmanagedOptions> = {}, code: object = {}) =>
  createUnmanagedClient({
    development: true,
    clock: () => world.clock.now,
    grant: { kind: 'code', redirectUri, registerAs: 'agent', authorize: consent(world.ras), ...code },
    ...more,
  });
const call = (client: ReturnType<typeof newClient>) => client.fetch(world.resource, { method: 'POST', body: '{}' });

async function start(): Promise<void> {
  consents.length = 0;
  world = await startWorld();
  answerAs(world.ras);
}

verifies('MCP-16', 'the person consents at the server that the resource names, and the call goes on', async () => {
  await start();
  const client = newClient();
  expect((await call(client)).status).toBe(200);
  expect((await call(client)).status).toBe(200);
  expect(consents).toHaveLength(1);
  expect(consents[0]).toMatchObject({ resource: world.resource, scope: 'chat.read', code_challenge_method: 'S256' });
  const registered = JSON.parse(world.ras.askedFor('/register')[0]?.body ?? '{}');
  expect(registered).toMatchObject({ application_type: 'native', redirect_uris: [redirectUri] });
  const form = world.ras.askedFor('/token')[0]?.form;
  expect(form?.get('resource')).toBe(world.resource);
  expect(form?.get('code_verifier')).toBeTruthy();
});

verifies(['CAU-07', 'LES-91'], 'a registration stays with its issuer when the resource moves to another', async () => {
  await start();
  const registrations = { [world.ras.url]: { clientId: 'known', auth: clientSecretBasic('ras-secret-1') } };
  const client = newClient(
    { registrations },
    { authorize: async (url: string) => consent(url.startsWith(world.ras.url) ? world.ras : world.stranger)(url) },
  );
  await call(client);
  expect(world.ras.askedFor('/register')).toEqual([]);
  answerAs(world.stranger, {}, () => granted({ access_token: 'access-2' }));
  world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', () => ({
    json: { resource: world.resource, authorization_servers: [world.stranger.url] },
  }));
  world.mcp.answer('POST /mcp', ({ headers }) =>
    headers.authorization === 'Bearer access-2' ? { json: {} } : unauthorized(world.mcp),
  );
  expect((await call(client)).status).toBe(200);
  expect(world.secretsSeenBy(world.stranger)).not.toContain('ras secret');
  expect(consents.map(({ client_id: id }) => id)).toEqual(['known', `at-${world.stranger.url.slice(-5)}`]);
});

test('a server that takes metadata documents gets the address of one', async () => {
  await start();
  answerAs(world.ras, { client_id_metadata_document_supported: true });
  await call(newClient({}, { clientMetadataUrl: 'https://agent.example/client.json' }));
  expect(consents[0]?.client_id).toBe('https://agent.example/client.json');
  expect(world.ras.askedFor('/register')).toEqual([]);
});

test('a client that may not register stops before the browser opens', async () => {
  await start();
  await expectFailure(call(newClient({}, { registerAs: undefined })), 'authorization_server_unknown', 'discovery');
  answerAs(world.ras, { code_challenge_methods_supported: undefined });
  await expectFailure(call(newClient()), 'metadata_invalid', 'discovery');
  world.ras.answer('POST /register', () => ({ status: 400, json: { error: 'invalid_client_metadata' } }));
  await expectFailure(call(newClient()), 'client_not_allowed', 'discovery');
  expect(consents).toEqual([]);
});

const foreign: readonly [string, (callback: URL) => void][] = [
  ['another state', (callback) => callback.searchParams.set('state', 'x')],
  ['another issuer', (callback) => callback.searchParams.set('iss', 'https://evil.example')],
  ['no issuer', (callback) => callback.searchParams.delete('iss')],
];
for (const [what, change] of foreign) {
  verifies('BCP-02', `an answer with ${what} is refused before the code goes anywhere`, async () => {
    await start();
    const failing = call(newClient({}, { authorize: consent(world.ras, change) }));
    await expectFailure(failing, 'authorization_response_refused', 'sign_on');
    expect(world.ras.askedFor('/token')).toEqual([]);
  });
}

verifies('CLI-06', 'a refresh token saves the browser, and one that is refused does not lose the call', async () => {
  await start();
  answerAs(world.ras, {}, () => granted({ refresh_token: 'rt-first' }));
  const client = newClient();
  await call(client);
  world.clock.now += 600_000;
  await call(client);
  expect(consents).toHaveLength(1);
  expect(world.ras.askedFor('/token').at(-1)?.form.get('refresh_token')).toBe('rt-first');
  world.clock.now += 600_000;
  world.ras.answer('POST /token', inTurn(oauthError('invalid_grant'), granted()));
  expect((await call(client)).status).toBe(200);
  expect(consents).toHaveLength(2);
});

verifies(['MCP-12', 'CLI-07'], 'more scope is asked for in union, at most twice', async () => {
  await start();
  const client = newClient();
  await call(client);
  world.mcp.answer('POST /mcp', () => unauthorized(world.mcp, 'error="insufficient_scope", scope="chat.admin"', 403));
  await expectFailure(call(client), 'insufficient_scope', 'call');
  expect(consents.map(({ scope }) => scope)).toEqual(['chat.read', 'chat.admin chat.read', 'chat.admin chat.read']);
});

verifies('ATK-34', 'a token that is not bound is refused after a proof was sent', async () => {
  await start();
  await expectFailure(call(newClient({ dpop: true })), 'dpop_downgraded', 'redeem');
  expect(world.secretsSeenBy(world.mcp)).toEqual([]);
  expect(consents[0]?.dpop_jkt).toMatch(/^[\w-]{43}$/);
});

verifies('ATK-34', 'a token that is bound to a key nobody proved is refused', async () => {
  await start();
  answerAs(world.ras, {}, () => granted({ token_type: 'DPoP' }));
  await expectFailure(call(newClient()), 'token_response_invalid', 'redeem');
  expect(world.secretsSeenBy(world.mcp)).toEqual([]);
});

verifies('CLI-07', 'a token that is refused is replaced once, and then the refusal is final', async () => {
  await start();
  const client = newClient();
  await call(client);
  world.mcp.answer('POST /mcp', () => unauthorized(world.mcp, 'error="invalid_token"'));
  await expectFailure(call(client), 'token_rejected', 'call');
  expect(consents).toHaveLength(2);
});

verifies('LES-92', 'a server whose authorization endpoint is no web page opens nothing', async () => {
  for (const endpoint of ['javascript:alert(1)', 'file:///etc/passwd', 'ms-settings:']) {
    await start();
    answerAs(world.ras, { authorization_endpoint: endpoint });
    await expectFailure(call(newClient()), 'browser_refused', 'sign_on');
    expect(consents).toEqual([]);
    await world.close();
  }
});

test('a workload trades its assertion once, and a refusal is final', async () => {
  await start();
  const registrations = { [world.ras.url]: { clientId: 'workload', auth: clientSecretBasic('ras-secret-1') } };
  const asked: string[] = [];
  const assertion = async (issuer: string) => `assertion-${asked.push(issuer)}`;
  const client = newClient({ registrations, grant: { kind: 'assertion', assertion } });
  await call(client);
  expect(asked).toEqual([world.ras.url]);
  world.clock.now += 600_000;
  world.ras.answer('POST /token', () => oauthError('invalid_grant'));
  await expectFailure(call(client), 'grant_refused', 'redeem');
  expect(world.ras.askedFor('/token')).toHaveLength(2);
});

verifies('MCP-11', 'the token stays with the resource', async () => {
  await start();
  const client = newClient();
  await call(client);
  await expectFailure(
    client.fetch(`${world.stranger.url}/mcp`, {}, { resource: world.resource }),
    'foreign_origin',
    'call',
  );
  expect(world.stranger.asked).toEqual([]);
});
