import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifies } from '@crossgrant/testkit';
import { createMcpExpressApp } from '@modelcontextprotocol/sdk/server/express.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import express from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { mcpCapabilities, protectMcpV1 } from '../../src/adapters/mcp-v1.ts';
import { createMiddlewareWorld, metadataUrl, resource } from '../middleware-world.ts';

const world = createMiddlewareWorld({ tools: { search: 'chat.read', purge: 'chat.admin' } });
const gate = protectMcpV1(world.server);
const calls: unknown[] = [];

async function connected(): Promise<StreamableHTTPServerTransport> {
  const server = new Server({ name: 'chat', version: '1' }, { capabilities: { ...mcpCapabilities, tools: {} } });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    calls.push([params.name, extra.authInfo, extra.requestInfo?.headers]);
    return { content: [{ type: 'text', text: params.name }] };
  });
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  await server.connect(transport);
  return transport;
}

/** The ways in which servers of the older SDK are written. */
const ways: Readonly<Record<string, () => RequestListener>> = {
  'createMcpExpressApp, which parses JSON': () => {
    const app = createMcpExpressApp();
    app.use('/mcp', gate);
    app.post('/mcp', async (req, res) => (await connected()).handleRequest(req, res, req.body));
    return app;
  },
  'Express without a parser': () => {
    const app = express();
    app.use(gate);
    app.post('/mcp', async (req, res) => (await connected()).handleRequest(req, res, req.body));
    return app;
  },
  'plain Node': () => (req, res) =>
    gate(req, res, async () => (await connected()).handleRequest(req, res, (req as { body?: unknown }).body)),
};

describe.each(Object.entries(ways))('a server of SDK 1.x in %s', (_name, make) => {
  const server = createServer(make());
  let origin: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => void calls.splice(0));
  afterAll(() => server.close());

  const post = async (body: unknown, token = world.token(), more: Record<string, string> = {}) => {
    const response = await fetch(`${origin}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
        ...more,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return {
      status: response.status,
      text: await response.text(),
      challenge: response.headers.get('www-authenticate'),
    };
  };
  const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });

  verifies(['RSV-07', 'RSV-08', 'ATK-61'], 'a tool learns who calls, and never the token', async () => {
    const token = world.token();
    expect((await post(call('search'), token)).status).toBe(200);
    expect(calls).toMatchObject([
      [
        'search',
        {
          token: 'at-1',
          clientId: 'agent',
          scopes: ['chat.read'],
          resource: new URL(resource),
          extra: { subject: 'acct_7' },
        },
        {},
      ],
    ]);
    expect(JSON.stringify(calls)).not.toContain(token.slice(-20));
  });

  verifies(
    ['RSV-04', 'LES-86', 'LES-89'],
    'whatever is beyond the scopes, unlisted, mixed, doubled or contradictory reaches no tool',
    async () => {
      expect(await post(call('search'), '')).toMatchObject({
        status: 401,
        challenge: expect.stringContaining(metadataUrl),
      });
      expect((await post(call('search'), 'junk')).status).toBe(401);
      expect(await post(call('purge'))).toMatchObject({
        status: 403,
        challenge: expect.stringContaining('chat.admin'),
      });
      expect((await post(call('hidden'))).status).toBe(403);
      expect((await post([call('search'), call('purge')])).status).toBe(403);
      expect((await post(call('search'), world.token(), { 'mcp-name': 'purge' })).status).toBe(400);
      const doubled = JSON.stringify(call('search')).replace('"name":"search"', '"name":"search","name":"purge"');
      expect([400, 403]).toContain((await post(doubled)).status);
      expect(calls).toEqual([]);
    },
  );

  verifies('LES-31', 'a message beyond the limit is refused as one', async () => {
    expect((await post(call('x'.repeat(5_000_000)))).status).toBe(413);
    expect(calls).toEqual([]);
  });

  verifies('MCP-06', 'initialize announces the extension', async () => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const answer = await post({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
    expect(answer.text).toContain('"io.modelcontextprotocol/enterprise-managed-authorization":{}');
  });
});
