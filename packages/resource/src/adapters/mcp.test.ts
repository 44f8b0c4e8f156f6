import { verifies } from '@crossgrant/testkit';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { createMiddlewareWorld, metadataUrl, resource } from '../../test/middleware-world.ts';
import { mcpCapabilities, protectMcp } from './mcp.ts';

const calls: unknown[] = [];
const world = createMiddlewareWorld({ tools: { search: 'chat.read', purge: 'chat.admin' } });
const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'chat', version: '1.0.0' }, { capabilities: { ...mcpCapabilities, tools: {} } });
  for (const name of ['search', 'purge', 'hidden']) {
    server.registerTool(
      name,
      { description: name, inputSchema: z.object({ q: z.string().optional() }) },
      async (_input, ctx) => {
        calls.push([name, ctx.http?.authInfo]);
        return { content: [{ type: 'text', text: name }] };
      },
    );
  }
  return server;
});
const fetch = protectMcp(world.server, handler);

const call = (name: string): object => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: { q: 'x' } },
});

async function post(
  body: unknown,
  headers: Record<string, string> = {},
  token: string | undefined = world.token(),
): Promise<{ status: number; text: string; challenge: string | null }> {
  const response = await fetch(
    new Request(resource, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
    }),
  );
  return { status: response.status, text: await response.text(), challenge: response.headers.get('www-authenticate') };
}

test('a tool within the scopes is called, with the caller in the official shape', async () => {
  calls.length = 0;
  const answer = await post(call('search'));

  expect(answer.status).toBe(200);
  expect(calls).toMatchObject([
    [
      'search',
      {
        clientId: 'agent',
        scopes: ['chat.read'],
        resource: new URL(resource),
        resourceMetadataUrl: metadataUrl,
        extra: { subject: 'acct_7', customer: 'cus_1', issuer: 'https://auth.chat.example' },
      },
    ],
  ]);
});

verifies(['RSV-08', 'RSV-07', 'ATK-61'], 'a tool learns who calls and never the token', async () => {
  calls.length = 0;
  const token = world.token();
  await post(call('search'), {}, token);

  expect(JSON.stringify(calls)).not.toContain(token.slice(-20));
  expect(JSON.stringify(calls)).toContain('"token":"at-1"');
  expect(calls).toMatchObject([
    ['search', { extra: { issuer: 'https://auth.chat.example', subject: 'acct_7', customer: 'cus_1' } }],
  ]);
});

verifies(
  ['RSV-04', 'MCP-13'],
  'a tool beyond the scopes is 403 with the scope it needs, an unlisted tool is out of reach',
  async () => {
    calls.length = 0;
    const answer = await post(call('purge'));

    expect(answer.status).toBe(403);
    expect(answer.challenge).toContain('error="insufficient_scope"');
    expect(answer.challenge).toContain('scope="chat.admin"');
    expect((await post(call('hidden'))).status).toBe(403);
    expect(calls).toEqual([]);
  },
);

verifies(
  'LES-89',
  'mixed batches, repeated members and headers that disagree are refused, and no tool runs',
  async () => {
    calls.length = 0;

    expect((await post([call('search'), call('purge')])).status).toBe(403);
    expect(
      (await post('{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call","params":{"name":"search"}}'))
        .status,
    ).toBe(400);
    expect((await post(call('search'), { 'mcp-method': 'tools/list' })).status).toBe(400);
    expect((await post(call('search'), { 'mcp-name': 'purge' })).status).toBe(400);
    expect(calls).toEqual([]);
  },
);

verifies(['LES-86', 'MET-10'], 'without a good token nothing is read and no tool runs', async () => {
  calls.length = 0;

  expect(await post(call('search'), {}, '')).toMatchObject({
    status: 401,
    challenge: expect.stringContaining(
      `Bearer scope="chat.read chat.history", resource_metadata="${metadataUrl}", DPoP `,
    ),
  });
  expect((await post('junk', {}, 'junk')).status).toBe(401);
  expect(calls).toEqual([]);
});

verifies('LES-31', 'a body is counted while it is read', async () => {
  expect((await post(JSON.stringify({ ...call('search'), pad: 'x'.repeat(1_100_000) }))).status).toBe(413);
});

verifies('MCP-06', 'initialize announces the extension', async () => {
  const answer = await post({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
  });

  expect(answer.status).toBe(200);
  expect(answer.text).toContain('"io.modelcontextprotocol/enterprise-managed-authorization":{}');
});

verifies('MCP-06', 'server/discover announces the extension', async () => {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const answer = await post(
    { jsonrpc: '2.0', id: 1, method: 'server/discover', params: { _meta } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'server/discover' },
  );

  expect(answer.status).toBe(200);
  expect(answer.text).toContain('"io.modelcontextprotocol/enterprise-managed-authorization":{}');
});

verifies('MET-09', 'the metadata is served in front of the handler', async () => {
  const response = await fetch(new Request(metadataUrl));

  expect(await response.json()).toMatchObject({ resource, authorization_servers: ['https://auth.chat.example'] });
});

test('a GET goes on to the handler, once the caller is known', async () => {
  expect((await fetch(new Request(resource))).status).toBe(401);
  expect(
    (await fetch(new Request(resource, { headers: { authorization: `Bearer ${world.token()}` } }))).status,
  ).not.toBe(401);
});
