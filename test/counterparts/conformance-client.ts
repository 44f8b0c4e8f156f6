import { clientSecretBasic, createCrossgrantClient, none } from '@crossgrant/client';
import { announceEnterpriseManaged, crossgrantFetch } from '@crossgrant/client/mcp';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** What the MCP conformance suite tells a client about the parties it plays. */
interface ConformanceContext {
  readonly client_id: string;
  readonly client_secret: string;
  readonly idp_client_id: string;
  readonly idp_id_token: string;
  readonly idp_issuer: string;
}

/**
 * The client program that the MCP conformance suite starts for `auth/enterprise-managed-authorization`.
 *
 * The suite picks its ports when it starts, and tells the issuer of the resource authorization server nowhere but in
 * the metadata of its MCP server; an organisation would have it in its configuration, so it is read here beforehand.
 * The suite counts that read as a check passed: it is this program's, not the SDK's, and the test takes it off.
 */
async function main(serverUrl: string, context: ConformanceContext): Promise<void> {
  const crossgrant = createCrossgrantClient({
    idp: { issuer: context.idp_issuer, clientId: context.idp_client_id, auth: none() },
    resourceServers: {
      [await configuredIssuer(serverUrl)]: {
        clientId: context.client_id,
        auth: clientSecretBasic(context.client_secret),
      },
    },
    development: true,
  });
  const session = await crossgrant.adoptSignOn({ idToken: context.idp_id_token });
  const client = new Client(
    { name: 'crossgrant-conformance', version: '0.1.0' },
    { capabilities: announceEnterpriseManaged() },
  );
  const fetch = crossgrantFetch(crossgrant, { session: session.id, url: serverUrl });
  const transport = new StreamableHTTPClientTransport(new URL(serverUrl), { fetch });
  await client.connect(transport);
  await client.listTools();
  await client.callTool({ name: 'test-tool', arguments: {} });
  await client.close();
}

async function configuredIssuer(serverUrl: string): Promise<string> {
  const { origin, pathname } = new URL(serverUrl);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  const { authorization_servers: servers } = (await response.json()) as { authorization_servers: readonly string[] };
  return servers[0] as string;
}

await main(
  process.argv.at(-1) as string,
  JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as ConformanceContext,
);
