import { signOnAsPerson } from '@crossgrant/world';
import {
  Client,
  CrossAppAccessProvider,
  discoverAndRequestJwtAuthGrant,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import * as openid from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alice, idpSecret, rasSecret, startThreeServers, type ThreeServers } from '../fixtures/three-servers.ts';

let servers: ThreeServers;
let idToken: string;

beforeAll(async () => {
  servers = await startThreeServers();
  idToken = await signOnWithOpenidClient(servers);
});
afterAll(() => servers?.close());

test('the CrossAppAccessProvider of the official MCP client completes the flow and calls a tool', async () => {
  const provider = new CrossAppAccessProvider({
    clientId: 'agent-at-chat',
    clientSecret: rasSecret,
    expectedIssuer: servers.authserver,
    assertion: async (context) => {
      const granted = await discoverAndRequestJwtAuthGrant({
        idpUrl: servers.idp,
        audience: context.authorizationServerUrl,
        resource: context.resourceUrl,
        idToken,
        clientId: 'agent',
        clientSecret: idpSecret,
        fetchFn: context.fetchFn,
        ...(context.scope === undefined ? {} : { scope: context.scope }),
      });
      return granted.jwtAuthGrant;
    },
  });
  const client = new Client({ name: 'counterpart', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(servers.resource), { authProvider: provider }));
  const { tools } = await client.listTools();
  const answer = await client.callTool({ name: 'search', arguments: { q: 'release' } });
  await client.close();

  expect(tools.map((tool) => tool.name)).toContain('search');
  expect(answer.isError ?? false).toBe(false);
  expect(provider.tokens()?.refresh_token).toBeUndefined();
});

async function signOnWithOpenidClient(world: ThreeServers): Promise<string> {
  const config = await openid.discovery(new URL(world.idp), 'agent', idpSecret, openid.ClientSecretPost(idpSecret), {
    execute: [openid.allowInsecureRequests],
  });
  const verifier = openid.randomPKCECodeVerifier();
  const state = openid.randomState();
  const nonce = openid.randomNonce();
  const authorizeUrl = openid.buildAuthorizationUrl(config, {
    redirect_uri: world.redirectUri,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const callback = await signOnAsPerson({ authorizeUrl: authorizeUrl.href, ...alice });
  const tokens = await openid.authorizationCodeGrant(config, new URL(callback), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  return tokens.id_token ?? '';
}
