import { clientSecretBasic, clientSecretPost, createCrossgrantClient, isCrossgrantError } from '@crossgrant/client';
import { signOnWithBrowser } from '@crossgrant/client/loopback';
import { announceEnterpriseManaged, crossgrantFetch } from '@crossgrant/client/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const {
  IDP = 'http://127.0.0.1:4701',
  IDP_SECRET = 'agent-sample-secret',
  WORK = 'http://127.0.0.1:4702',
  WORK_SECRET = 'agent-at-work-sample-secret',
  ROOMS = 'http://127.0.0.1:4713',
  ROOMS_SECRET = 'agent-at-rooms-sample-secret',
  SERVER = 'http://127.0.0.1:4712/mcp',
} = process.env;
const [tool, input = '{}'] = process.argv.slice(2);

const client = createCrossgrantClient({
  idp: { issuer: IDP, clientId: 'agent', auth: clientSecretPost(IDP_SECRET) },
  resourceServers: {
    [WORK]: { clientId: 'agent-at-work', auth: clientSecretBasic(WORK_SECRET) },
    [ROOMS]: { clientId: 'agent-at-rooms', auth: clientSecretBasic(ROOMS_SECRET) },
  },
  development: IDP.startsWith('http:'),
});

try {
  const session = await signOnWithBrowser(client, { open: (url) => console.log(`Sign on at ${url}`) });
  const fetch = crossgrantFetch(client, { session: session.id, url: SERVER });
  const mcp = new Client({ name: 'agent-cli', version: '1.0.0' }, { capabilities: announceEnterpriseManaged() });
  await mcp.connect(new StreamableHTTPClientTransport(new URL(SERVER), { fetch }));

  if (tool === undefined) {
    for (const { name, description } of (await mcp.listTools()).tools) console.log(`${name}  ${description ?? ''}`);
  } else {
    const { content } = await mcp.callTool({ name: tool, arguments: JSON.parse(input) as Record<string, unknown> });
    for (const part of content) if (part.type === 'text') console.log(part.text);
  }
  await mcp.close();
} catch (error) {
  if (!isCrossgrantError(error)) throw error;
  console.error(`${error.code}: ${error.message}`);
  if (error.decisionUrl !== undefined) console.error(`Why: ${error.decisionUrl}`);
  process.exitCode = 1;
}
