import { clientSecretBasic, clientSecretPost, createCrossgrantClient, createMemorySessions } from '@crossgrant/client';
import { announceEnterpriseManaged, crossgrantFetch } from '@crossgrant/client/mcp';
import { verifies } from '@crossgrant/testkit';
import { signOnAsPerson } from '@crossgrant/world';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, expect } from 'vitest';
import { alice, idpSecret, rasSecret, startThreeServers, type ThreeServers } from '../fixtures/three-servers.ts';

let servers: ThreeServers;
beforeAll(async () => {
  servers = await startThreeServers();
});
afterAll(() => servers.close());

async function signedOn() {
  const sessions = createMemorySessions();
  const client = createCrossgrantClient({
    idp: { issuer: servers.idp, clientId: 'agent', auth: clientSecretPost(idpSecret) },
    resourceServers: { [servers.authserver]: { clientId: 'agent-at-chat', auth: clientSecretBasic(rasSecret) } },
    sessions,
    development: true,
  });
  const { url, pending } = await client.beginSignOn({ redirectUri: servers.redirectUri, prompt: 'consent' });
  const callback = await signOnAsPerson({ authorizeUrl: url, ...alice });
  const session = await client.finishSignOn(pending, callback);
  return { client, sessions, session, request: { session: session.id, resource: servers.resource } };
}

verifies(
  ['MCP-01', 'MCP-02', 'MCP-10', 'MCP-11', 'BCP-02'],
  'the SDK signs on, exchanges, redeems and calls',
  async () => {
    const { client, session } = await signedOn();
    const fetch = crossgrantFetch(client, { session: session.id, url: servers.resource });
    const mcp = new Client({ name: 'agent', version: '1.0.0' }, { capabilities: announceEnterpriseManaged() });
    await mcp.connect(new StreamableHTTPClientTransport(new URL(servers.resource), { fetch }));
    const answer = await mcp.callTool({ name: 'search', arguments: { q: 'hello' } });
    expect(answer.isError ?? false).toBe(false);
    await mcp.close();
  },
);

verifies(
  ['CLI-10', 'CLI-05'],
  'an expired ID token is renewed at the real identity provider, and the next token follows',
  async () => {
    const { client, sessions, session, request } = await signedOn();
    expect(session.refreshToken).toBeDefined();
    const first = await client.accessToken(request);
    await sessions.save({ ...session, idTokenExpiresAt: 0 });
    const second = await client.accessToken({ ...request, scopes: ['chat.read'] });
    expect(second.value).not.toBe(first.value);
    const renewed = await sessions.load(session.id);
    expect(renewed?.idTokenExpiresAt).toBeGreaterThanOrEqual(session.idTokenExpiresAt ?? Infinity);
  },
);

verifies(
  ['CLI-07', 'MCP-08'],
  'a refusal of the real identity provider arrives typed, with the id of its decision',
  async () => {
    const { client, request } = await signedOn();
    const refused = client.accessToken({ ...request, scopes: ['chat.nothing'] });
    await expect(refused).rejects.toMatchObject({
      code: 'scope_refused',
      stage: 'exchange',
      oauth: { error: 'invalid_scope' },
      decisionId: expect.stringMatching(/^aud_/),
      decisionUrl: expect.stringContaining('http'),
    });
  },
);
