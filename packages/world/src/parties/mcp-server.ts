import { randomBytes } from 'node:crypto';
import { createLog, type Logger, startServer } from '@crossgrant/platform';
import { createResourceServer, endpointsOf, type IntrospectionOptions } from '@crossgrant/resource';
import { mcpCapabilities, protectMcp } from '@crossgrant/resource/mcp';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { createMcpHandler, type McpHttpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { World } from '../schema/world.ts';
import { secretReader } from '../secrets.ts';
import { signOnNeeds } from '../server-configs.ts';
import { type ChatMessage, channelHistory, formatMessage, searchMessages } from './chat-messages.ts';

export interface RunningMcpServer {
  /** The URL MCP clients connect to. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the sample MCP server: the official server, streamable HTTP, and the gate in front of it. */
export async function startMcpServer(
  world: World,
  log: Logger = createLog({ name: 'mcp-server' }),
): Promise<RunningMcpServer> {
  const section = world.mcpServer;
  if (section === undefined) throw new Error('This world has no mcpServer section.');
  const governed = world.authserver?.resources.find((resource) => resource.identifier === section.resource);
  const tools = section.tools ?? governed?.tools ?? {};
  const gate = createResourceServer({
    resource: section.resource,
    authorizationServer: section.authorizationServer ?? world.authserver?.issuer ?? '',
    resourceName: governed?.name,
    scopesSupported: governed?.scopes ?? [...new Set(Object.values(tools))],
    tools,
    signOnByTool: signOnNeeds(section.signOnByTool),
    introspection: introspectionOf(world, section.resource),
    dpop: {
      required: section.dpopRequired ?? governed?.dpopRequired,
      nonceKey: section.dpopNonces === 'required' ? randomBytes(32) : undefined,
    },
    development: world.development,
    report: (event) => log.info(event, 'a request was judged'),
  });
  const handler = createMcpHandler(createChatServer);
  const server = await startServer({
    listen: section.listen,
    log,
    allowedHosts: [new URL(section.resource).host, section.listen], // LES-70
    routes: [],
    fallback: webFallback(
      mounts(
        new URL(section.resource).pathname,
        protectMcp(gate, handler),
        gate.metadataPath,
        section.open ? handler : undefined,
      ),
    ),
  });
  return {
    url: section.resource,
    async close() {
      await handler.close();
      await server.close();
    },
  };
}

/** Opaque tokens are asked about, signed ones are not. */
function introspectionOf(world: World, identifier: string): IntrospectionOptions | undefined {
  const resources = world.authserver?.resources ?? [];
  const index = resources.findIndex((resource) => resource.identifier === identifier);
  if (world.authserver === undefined || resources[index]?.accessTokens !== 'opaque') return undefined;
  const secret = secretReader(world)('authserver', 'resources', index, 'introspectionSecret') ?? '';
  return { endpoint: endpointsOf(world.authserver.issuer).introspection, secret };
}

type Fetch = (request: Request) => Promise<Response>;

/** Exactly the paths this server has. The open mount knows no caller and holds the same sample data. */
function mounts(path: string, guarded: Fetch, metadataPath: string, open: McpHttpHandler | undefined): Fetch {
  return async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === path || pathname === metadataPath) return guarded(request);
    if (open !== undefined && pathname === '/open/mcp') return open.fetch(request);
    return new Response('Nothing is served here.\n', { status: 404, headers: { 'content-type': 'text/plain' } });
  };
}

/** Hands requests of the HTTP edge, whose bodies it has read already, to a Web handler. */
function webFallback(fetch: Fetch): NonNullable<Parameters<typeof startServer>[0]['fallback']> {
  const listener = getRequestListener((request: Request) => fetch(request));
  return (request, response, body) =>
    listener(Object.assign(request, { rawBody: body }) as HttpBindings['incoming'], response);
}

/** The sample product as an MCP server. Each request gets one of its own. */
function createChatServer(): McpServer {
  const server = new McpServer(
    { name: 'chat', title: 'Chat', version: '1.0.0' },
    { capabilities: { ...mcpCapabilities } },
  );
  server.registerTool(
    'search',
    {
      title: 'Search messages',
      description: 'Finds messages that hold every word of the query, newest first.',
      inputSchema: z.object({ q: z.string().min(1).max(200).describe('Words to look for') }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ q }) => answer(searchMessages(q), `No message holds "${q}".`),
  );
  server.registerTool(
    'history',
    {
      title: 'Read a channel',
      description: 'The latest messages of a channel, oldest first.',
      inputSchema: z.object({ channel: z.string().min(1).max(80), limit: z.number().int().min(1).max(50).default(10) }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    ({ channel, limit }) => answer(channelHistory(channel, limit), `There is no channel "${channel}".`),
  );
  return server;
}

function answer(messages: readonly ChatMessage[], none: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: messages.length === 0 ? none : messages.map(formatMessage).join('\n') }] };
}
