import { createPrivateKey } from 'node:crypto';
import { clientSecretBasic, createCrossgrantClient, keySigner, none, privateKeyJwt } from '@crossgrant/client';
import { announceEnterpriseManaged, crossgrantFetch, type TransportFetch } from '@crossgrant/client/mcp';
import { createUnmanagedClient, type UnmanagedOptions, type UnmanagedRegistration } from '@crossgrant/client/unmanaged';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** What the MCP conformance suite tells a client about the parties it plays, scenario by scenario. */
type Context = Readonly<Record<string, string>>;

const redirectUri = 'http://127.0.0.1:8918/callback';

/**
 * The client program that the MCP conformance suite starts for each of its `auth` scenarios.
 *
 * The suite picks its ports when it starts, and tells the issuer of the authorization server nowhere but in the metadata
 * of its MCP server; an organisation would have it in its configuration, so where the client needs it beforehand it is
 * read here. The suite counts that read as a check passed: it is this program's, not the SDK's, and the test takes it off.
 */
async function main(scenario: string, serverUrl: string, context: Context): Promise<void> {
  const fetch =
    scenario === 'auth/enterprise-managed-authorization'
      ? await managed(serverUrl, context)
      : await unmanaged(scenario, serverUrl, context);
  const revision = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION;
  const client = new Client(
    { name: 'crossgrant-conformance', version: '0.1.0' },
    {
      capabilities: announceEnterpriseManaged(),
      ...(revision === '2026-07-28' ? { versionNegotiation: { mode: { pin: revision } } } : {}),
    },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(serverUrl), { fetch }));
  await client.listTools();
  await client.callTool({ name: 'test-tool', arguments: {} });
  await client.close();
}

async function managed(serverUrl: string, context: Context): Promise<TransportFetch> {
  const crossgrant = createCrossgrantClient({
    idp: { issuer: context.idp_issuer ?? '', clientId: context.idp_client_id ?? '', auth: none() },
    resourceServers: {
      [await configuredIssuer(serverUrl)]: {
        clientId: context.client_id ?? '',
        auth: clientSecretBasic(context.client_secret ?? ''),
      },
    },
    development: true,
  });
  const session = await crossgrant.adoptSignOn({ idToken: context.idp_id_token ?? '' });
  return crossgrantFetch(crossgrant, { session: session.id, url: serverUrl });
}

/** The scenarios of ordinary OAuth: consent in the browser, or credentials of a workload. */
async function unmanaged(scenario: string, serverUrl: string, context: Context): Promise<TransportFetch> {
  const client = createUnmanagedClient({
    development: true,
    grant: grantFor(scenario, context),
    dpop: scenario.startsWith('auth/dpop'),
    registrations: await registrationsFor(scenario, serverUrl, context),
  });
  return (url, init) => client.fetch(url, init, { resource: serverUrl });
}

function grantFor(scenario: string, context: Context): UnmanagedOptions['grant'] {
  if (scenario.startsWith('auth/client-credentials-')) return { kind: 'client_credentials' };
  if (scenario === 'auth/wif-jwt-bearer')
    return { kind: 'assertion', assertion: async () => context[process.env.WIF_ASSERTION ?? 'valid_jwt'] ?? '' };
  return {
    kind: 'code',
    redirectUri,
    clientMetadataUrl: 'https://conformance-test.local/client-metadata.json',
    registerAs: 'crossgrant-conformance',
    authorize: consent,
  };
}

async function registrationsFor(
  scenario: string,
  serverUrl: string,
  context: Context,
): Promise<Record<string, UnmanagedRegistration>> {
  const { client_id: clientId, client_secret: secret, private_key_pem: pem } = context;
  if (clientId === undefined) return {};
  const issuer = await configuredIssuer(serverUrl);
  if (pem !== undefined) {
    const jwk = createPrivateKey(pem).export({ format: 'jwk' }) as JsonWebKey;
    return { [issuer]: { clientId, auth: privateKeyJwt(await keySigner(jwk)) } };
  }
  const auth = scenario === 'auth/wif-jwt-bearer' || secret === undefined ? none() : clientSecretBasic(secret);
  return { [issuer]: { clientId, auth } };
}

/** A person who consents at once: the suite answers the authorization request with the redirect. */
async function consent(url: string): Promise<string> {
  const response = await fetch(url, { redirect: 'manual' });
  return response.headers.get('location') ?? '';
}

async function configuredIssuer(serverUrl: string): Promise<string> {
  const { origin, pathname } = new URL(serverUrl);
  const response = await fetch(`${origin}/.well-known/oauth-protected-resource${pathname}`);
  const { authorization_servers: servers } = (await response.json()) as { authorization_servers: readonly string[] };
  return servers[0] as string;
}

await main(
  process.env.MCP_CONFORMANCE_SCENARIO ?? '',
  process.argv.at(-1) as string,
  JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}') as Context,
);
