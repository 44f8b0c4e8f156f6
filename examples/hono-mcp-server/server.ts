import { createResourceServer } from '@crossgrant/resource';
import { mcpCapabilities, protectMcp } from '@crossgrant/resource/mcp';
import { serve } from '@hono/node-server';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { Hono } from 'hono';
import { z } from 'zod';

const { RESOURCE = 'http://127.0.0.1:4712/mcp', AUTHORIZATION_SERVER = 'http://127.0.0.1:4702' } = process.env;

const gate = createResourceServer({
  resource: RESOURCE,
  authorizationServer: AUTHORIZATION_SERVER,
  scopesSupported: ['tickets.read', 'tickets.close'],
  tools: { list_tickets: 'tickets.read', close_ticket: ['tickets.read', 'tickets.close'] },
  resourceName: 'Tickets',
  development: RESOURCE.startsWith('http:'),
});

const tickets = new Map([
  [17, 'The export stops at 10,000 rows'],
  [23, 'Dark mode is too dark'],
]);

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'tickets', version: '1.0.0' }, { capabilities: { ...mcpCapabilities } });
  server.registerTool('list_tickets', { description: 'Open tickets' }, () => ({
    content: [{ type: 'text', text: [...tickets].map(([id, title]) => `#${id} ${title}`).join('\n') }],
  }));
  const closing = { description: 'Closes a ticket', inputSchema: z.object({ id: z.number().int() }) };
  server.registerTool('close_ticket', closing, ({ id }, { http }) => {
    const isClosed = tickets.delete(id);
    const text = isClosed ? `${http?.authInfo?.extra?.subject} closed #${id}.` : `There is no #${id}.`;
    return { content: [{ type: 'text', text }] };
  });
  return server;
});
const mcp = protectMcp(gate, handler);

const app = new Hono();
app.get('/', (c) => c.text('Tickets. The MCP server is at /mcp.'));
app.get(gate.metadataPath, (c) => mcp(c.req.raw));
app.all(new URL(RESOURCE).pathname, (c) => mcp(c.req.raw));
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(new URL(RESOURCE).port) }, () =>
  console.log(`Tickets at ${RESOURCE}`),
);
