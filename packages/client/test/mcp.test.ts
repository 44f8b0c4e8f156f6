import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifies } from '@crossgrant/testkit';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, expect, test } from 'vitest';
import { announceEnterpriseManaged, crossgrantAuthProvider, crossgrantFetch } from '../src/mcp/index.ts';
import { expectFailure } from './expect-failure.ts';
import { type Asked, inTurn, oauthError, startWorld, unauthorized, type World } from './fake-parties.ts';

const extension = 'io.modelcontextprotocol/enterprise-managed-authorization';

let world: World;
afterEach(() => world.close());

interface Rpc {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly capabilities?: unknown; readonly _meta?: Record<string, unknown> };
}

/** A tiny MCP server of both eras behind a token. */
function answerMcp(accepts: (asked: Asked) => boolean = (asked) => asked.headers.authorization !== undefined): Rpc[] {
  const messages: Rpc[] = [];
  world.mcp.answer('POST /mcp', (asked) => {
    if (!accepts(asked)) return unauthorized(world.mcp, 'scope="chat.read"');
    const message = JSON.parse(asked.body) as Rpc;
    messages.push(message);
    if (message.id === undefined) return { status: 202 };
    return { json: { jsonrpc: '2.0', id: message.id, result: resultOf(message.method) } };
  });
  return messages;
}

function resultOf(method: string): object {
  const serverInfo = { name: 'chat', version: '1.0.0' };
  if (method === 'initialize') return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
  if (method === 'server/discover') {
    return {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      serverInfo,
      ttlMs: 0,
      cacheScope: 'private',
    };
  }
  const listed = {
    tools: [{ name: 'search', inputSchema: { type: 'object' } }],
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'private',
  };
  return method === 'tools/list' ? listed : { content: [{ type: 'text', text: 'found' }], resultType: 'complete' };
}

const transportTo = (more: object = {}) =>
  new StreamableHTTPClientTransport(new URL(world.resource), {
    fetch: crossgrantFetch(world.client, { session: 'ses_alice', url: world.resource, ...more }),
  });
const newClient = (more: object = {}) =>
  new Client({ name: 'agent', version: '1.0.0' }, { capabilities: announceEnterpriseManaged(), ...more });

verifies(
  ['MCP-11', 'MCP-05'],
  'the official client connects, lists and calls, and announces the extension',
  async () => {
    world = await startWorld();
    const messages = answerMcp();
    const client = newClient();
    await client.connect(transportTo());
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(['search']);
    expect((await client.callTool({ name: 'search', arguments: {} })).content).toEqual([
      { type: 'text', text: 'found' },
    ]);
    await client.close();

    const initialize = messages.find((message) => message.method === 'initialize');
    expect(initialize?.params?.capabilities).toMatchObject({ extensions: { [extension]: {} } });
    const posts = world.mcp.asked.filter((entry) => entry.method === 'POST');
    expect(posts[0]?.headers.authorization).toBeUndefined();
    expect(posts.slice(1).every((entry) => entry.headers.authorization === 'Bearer access-1')).toBe(true);
  },
);

verifies('MCP-05', 'from revision 2026-07-28 on every request announces the extension in its _meta', async () => {
  world = await startWorld();
  const messages = answerMcp();
  const client = newClient({ versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(transportTo());
  await client.listTools();
  await client.callTool({ name: 'search', arguments: {} });
  await client.close();
  expect(messages.map((message) => message.method)).toEqual(['server/discover', 'tools/list', 'tools/call']);
  for (const message of messages) {
    expect(message.params?._meta?.['io.modelcontextprotocol/clientCapabilities']).toMatchObject({
      extensions: { [extension]: {} },
    });
  }
});

verifies('MCP-05', 'other capabilities and extensions are kept', () => {
  const extensions = { 'com.example/other': { a: 1 } };
  expect(announceEnterpriseManaged({ roots: {}, extensions })).toEqual({
    roots: {},
    extensions: { 'com.example/other': { a: 1 }, [extension]: {} },
  });
  expect(Object.keys(extensions)).toEqual(['com.example/other']);
});

verifies(
  ['MCP-12', 'CLI-07'],
  'a demand for scope in the middle of a connection is met without losing the call',
  async () => {
    world = await startWorld();
    answerMcp();
    const client = newClient();
    await client.connect(transportTo());
    const more = unauthorized(world.mcp, 'error="insufficient_scope", scope="chat.history"', 403);
    world.mcp.answer(
      'POST /mcp',
      inTurn(more, ({ body }) => ({
        json: { jsonrpc: '2.0', id: JSON.parse(body).id, result: resultOf('tools/call') },
      })),
    );
    expect((await client.callTool({ name: 'search', arguments: {} })).content).toEqual([
      { type: 'text', text: 'found' },
    ]);
    expect(world.idp.askedFor('/token').at(-1)?.form.get('scope')).toBe('chat.read chat.history');
    await client.close();
  },
);

verifies(['MCP-08', 'ATK-52', 'CLI-07'], 'a denial reaches the caller of connect as a typed error', async () => {
  world = await startWorld();
  answerMcp();
  world.idp.answer('POST /token', () =>
    oauthError('access_denied', { error_uri: 'https://idp.example/explain/aud_1' }),
  );
  const failure = await expectFailure(newClient().connect(transportTo()), 'access_denied', 'exchange');
  expect(failure.decisionId).toBe('aud_1');
  expect(world.seen.some((entry) => entry.path.includes('authorize'))).toBe(false);
});

test('the auth provider serves transports whose fetch is taken', async () => {
  world = await startWorld();
  answerMcp(({ headers }) => headers.authorization === 'Bearer access-2');
  const authProvider = crossgrantAuthProvider(world.client, { session: 'ses_alice', url: world.resource });
  const client = newClient();
  await client.connect(new StreamableHTTPClientTransport(new URL(world.resource), { authProvider }));
  expect((await client.listTools()).tools).toHaveLength(1);
  await client.close();
  expect(world.ras.askedFor('/token')).toHaveLength(2);
});

test('the client of the 1.x package connects with the same fetch', async () => {
  world = await startWorld();
  const messages = answerMcp();
  const client = new FirstClient({ name: 'agent', version: '1.0.0' }, { capabilities: announceEnterpriseManaged() });
  const fetch = crossgrantFetch(world.client, { session: 'ses_alice', url: world.resource });
  await client.connect(new FirstTransport(new URL(world.resource), { fetch }));
  expect((await client.listTools()).tools).toHaveLength(1);
  await client.close();
  expect(messages.map((message) => message.method)).toContain('tools/list');
});

verifies('MCP-11', 'a transport that is sent elsewhere does not take the token along', async () => {
  world = await startWorld();
  const elsewhere = await listen();
  const fetch = crossgrantFetch(world.client, { session: 'ses_alice', url: world.resource });
  await fetch(world.resource, { method: 'POST', body: '{}' });
  await expectFailure(fetch(`http://127.0.0.1:${elsewhere.port}/mcp`), 'foreign_origin', 'call');
  expect(elsewhere.seen).toEqual([]);
  elsewhere.server.close();
});

async function listen(): Promise<{ server: Server; port: number; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, seen };
}
