import { verifies } from '@crossgrant/testkit';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, expect, test } from 'vitest';
import { CrossgrantMisuse } from '../src/index.ts';
import { announceInMessage } from '../src/mcp/index.ts';
import { announceEnterpriseManaged, crossgrantFetch, crossgrantOAuthProvider } from '../src/mcp-v1/index.ts';
import { expectFailure } from './expect-failure.ts';
import { type Asked, metadata, oauthError, startWorld, unauthorized, type World } from './fake-parties.ts';

const extension = 'io.modelcontextprotocol/enterprise-managed-authorization';

let world: World;
afterEach(() => world?.close());

interface Rpc {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly capabilities?: unknown };
}

function answerMcp(accepts: (asked: Asked) => boolean): Rpc[] {
  const messages: Rpc[] = [];
  world.mcp.answer('POST /mcp', (asked) => {
    if (!accepts(asked)) return unauthorized(world.mcp, 'scope="chat.read"');
    const message = JSON.parse(asked.body) as Rpc;
    messages.push(message);
    if (message.id === undefined) return { status: 202 };
    const serverInfo = { name: 'chat', version: '1.0.0' };
    const result =
      message.method === 'initialize'
        ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo }
        : { tools: [{ name: 'search', inputSchema: { type: 'object' } }] };
    return { json: { jsonrpc: '2.0', id: message.id, result } };
  });
  return messages;
}

const newClient = () => new Client({ name: 'agent', version: '1.0.0' }, { capabilities: announceEnterpriseManaged() });
const connectionTo = () => ({ session: 'ses_alice', url: world.resource });
const provider = (): OAuthClientProvider =>
  crossgrantOAuthProvider(world.client, connectionTo(), () => world.clock.now);

async function listTools(options: ConstructorParameters<typeof StreamableHTTPClientTransport>[1]): Promise<string[]> {
  const client = newClient();
  await client.connect(new StreamableHTTPClientTransport(new URL(world.resource), options));
  const { tools } = await client.listTools();
  await client.close();
  return tools.map((tool) => tool.name);
}

verifies('MCP-05', 'the client 1.x works with the fetch, and announces the extension in initialize', async () => {
  world = await startWorld();
  const messages = answerMcp(({ headers }) => headers.authorization === 'Bearer access-1');
  expect(await listTools({ fetch: crossgrantFetch(world.client, connectionTo()) })).toEqual(['search']);
  expect(messages[0]?.params?.capabilities).toMatchObject({ extensions: { [extension]: {} } });
});

verifies(['MCP-11', 'CLI-06'], 'the auth provider brings the token with the first request', async () => {
  world = await startWorld();
  answerMcp(({ headers }) => headers.authorization === 'Bearer access-1');
  expect(await listTools({ authProvider: provider() })).toEqual(['search']);
  expect(world.mcp.askedFor('/mcp')[0]?.headers.authorization).toBe('Bearer access-1');
  expect(world.ras.askedFor('/token')).toHaveLength(1);
});

verifies(
  ['CLI-05', 'CLI-07', 'MCP-08'],
  'a refused token is replaced through a new ID-JAG that the transport redeems',
  async () => {
    world = await startWorld();
    answerMcp(({ headers }) => headers.authorization === 'Bearer access-2');
    expect(await listTools({ authProvider: provider() })).toEqual(['search']);
    const [first, second] = world.ras.askedFor('/token');
    expect(second?.form.get('assertion')).not.toBe(first?.form.get('assertion'));
    expect(second?.form.get('resource')).toBe(world.resource);
    expect(second?.headers.authorization).toBe(first?.headers.authorization);
    expect(world.seen.some((entry) => entry.path.includes('authorize') || entry.path.includes('register'))).toBe(false);
  },
);

verifies(
  ['CAU-07', 'CLI-04', 'ATK-14', 'ATK-15', 'LES-91'],
  'a server that sends the transport elsewhere gets neither credentials nor ID-JAG',
  async () => {
    world = await startWorld();
    answerMcp(() => false);
    await world.client.accessToken({ session: 'ses_alice', resource: world.resource });
    const lured = () => ({ json: { resource: world.resource, authorization_servers: [world.stranger.url] } });
    world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', lured);
    const methods = { code_challenge_methods_supported: ['S256'] };
    world.stranger.answer('GET /.well-known/oauth-authorization-server', () => metadata(world.stranger.url, methods));
    world.stranger.answer('POST /token', () => ({ json: { access_token: 'stolen', token_type: 'Bearer' } }));
    await expect(listTools({ authProvider: provider() })).rejects.toThrow();
    expect(world.secretsSeenBy(world.stranger)).toEqual([]);

    world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', () => ({
      json: { resource: world.resource, authorization_servers: [world.ras.url] },
    }));
    const moved = { ...methods, token_endpoint: `${world.stranger.url}/token` };
    world.ras.answer('GET /.well-known/oauth-authorization-server', () => metadata(world.ras.url, moved));
    await expect(listTools({ authProvider: provider() })).rejects.toThrow();
    expect(world.secretsSeenBy(world.stranger)).toEqual([]);
  },
);

verifies(
  ['MCP-08', 'ATK-52', 'CLI-07'],
  'a denial reaches the caller of connect as a typed error, and no browser opens',
  async () => {
    world = await startWorld();
    answerMcp(() => false);
    world.idp.answer('POST /token', () =>
      oauthError('access_denied', { error_uri: 'https://idp.example/explain/aud_1' }),
    );
    const failure = await expectFailure(listTools({ authProvider: provider() }), 'access_denied', 'exchange');
    expect(failure.decisionId).toBe('aud_1');
    const { redirectToAuthorization, saveCodeVerifier, codeVerifier } = provider();
    for (const open of [redirectToAuthorization, saveCodeVerifier, codeVerifier]) expect(open as () => void).toThrow();
  },
);

verifies('CLI-06', 'a token that the transport redeemed is used until shortly before it expires', async () => {
  world = await startWorld();
  const own = provider();
  own.saveTokens({ access_token: 'redeemed', token_type: 'bearer', expires_in: 600 });
  world.clock.now += 569_000;
  expect(await own.tokens()).toMatchObject({ access_token: 'redeemed' });
  world.clock.now += 2_000;
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_alice' });
  expect(await own.tokens()).toMatchObject({ access_token: 'access-1' });
});

verifies(
  ['CLI-05', 'CLI-07'],
  'each redemption takes an ID-JAG of its own, and a refused token is forgotten',
  async () => {
    world = await startWorld();
    const own = provider();
    await own.clientInformation();
    for (const times of [1, 2, 3]) {
      await own.prepareTokenRequest?.();
      expect(world.idp.askedFor('/token')).toHaveLength(times);
    }
    await own.tokens();
    await own.prepareTokenRequest?.();
    await own.tokens();
    expect(world.ras.askedFor('/token')).toHaveLength(2);
  },
);

test('a client whose tokens are bound to keys takes the fetch instead', async () => {
  world = await startWorld();
  expect(() => provider().saveTokens({ access_token: 'a', token_type: 'DPoP' })).toThrow(CrossgrantMisuse);
});

verifies('MCP-05', 'a client that writes its messages itself announces in initialize, or in every request', () => {
  const extensions = { [extension]: {} };
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: { roots: {} } },
  };
  expect(announceInMessage(initialize, '2025-11-25').params).toEqual({
    protocolVersion: '2025-11-25',
    capabilities: { roots: {}, extensions },
  });
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'search', _meta: { progressToken: 1 } } };
  expect(announceInMessage(call, '2025-11-25')).toBe(call);
  expect(announceInMessage(call, '2026-07-28').params).toEqual({
    name: 'search',
    _meta: { progressToken: 1, 'io.modelcontextprotocol/clientCapabilities': { extensions } },
  });
  const list = { jsonrpc: '2.0', id: 3, method: 'tools/list' };
  expect(announceInMessage(list, '2026-07-28')).toMatchObject({ params: { _meta: {} } });
  const notification = { jsonrpc: '2.0', method: 'notifications/progress' };
  expect(announceInMessage(notification, '2026-07-28')).toBe(notification);
});
