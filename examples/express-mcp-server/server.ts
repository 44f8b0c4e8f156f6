import { createAuthorizationServer, createResourceServer } from '@crossgrant/resource';
import { authorizationServer } from '@crossgrant/resource/express';
import { mcpCapabilities, protectMcpV1 } from '@crossgrant/resource/mcp-v1';
import { openSqliteStore } from '@crossgrant/resource/sqlite';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { z } from 'zod';

const {
  ISSUER = 'http://127.0.0.1:4713',
  IDP = 'http://127.0.0.1:4701',
  AGENT_SECRET = 'agent-at-rooms-sample-secret',
  DATA = './data/examples',
} = process.env;
const resource = `${ISSUER}/mcp`;
const development = ISSUER.startsWith('http:');

const server = await createAuthorizationServer({
  issuer: ISSUER,
  store: await openSqliteStore({ file: `${DATA}/rooms.db` }),
  keyFile: `${DATA}/rooms.key`,
  trustedIssuers: [{ issuer: IDP, keys: 'discovery', clients: ['agent-at-rooms'], linking: 'jit' }],
  clients: [{ id: 'agent-at-rooms', auth: { secret: AGENT_SECRET } }],
  resources: [{ identifier: resource, scopes: ['rooms.read', 'rooms.book'] }],
  development,
});
const gate = createResourceServer({
  resource,
  authorizationServer: ISSUER,
  scopesSupported: ['rooms.read', 'rooms.book'],
  tools: { list_rooms: 'rooms.read', book_room: 'rooms.book' },
  development,
});

const bookings = new Map<string, string>([
  ['Ada', ''],
  ['Grace', ''],
]);

function roomsServer(): McpServer {
  const mcp = new McpServer({ name: 'rooms', version: '1.0.0' }, { capabilities: { ...mcpCapabilities } });
  mcp.registerTool('list_rooms', { description: 'Meeting rooms and who has them' }, () => {
    const lines = [...bookings].map(([room, account]) => `${room}: ${account === '' ? 'free' : 'taken'}`);
    return { content: [{ type: 'text', text: lines.join('\n') }] };
  });
  const booking = { description: 'Books a meeting room', inputSchema: { room: z.string() } };
  mcp.registerTool('book_room', booking, ({ room }, { authInfo }) => {
    const account = `${authInfo?.extra?.issuer} ${authInfo?.extra?.subject}`;
    const isFree = bookings.get(room) === '';
    if (isFree) bookings.set(room, account);
    return { content: [{ type: 'text', text: isFree ? `${room} is yours.` : `${room} is not free.` }] };
  });
  return mcp;
}

const app = express();
app.use(authorizationServer(server));
app.use(protectMcpV1(gate));
app.post('/mcp', async (req, res) => {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  res.on('close', () => void transport.close());
  await roomsServer().connect(transport);
  await transport.handleRequest(req, res, req.body);
});
app.listen(Number(new URL(ISSUER).port), '127.0.0.1', () => console.log(`Rooms at ${resource}`));
