import { clientSecretBasic, clientSecretPost, createCrossgrantClient } from '@crossgrant/client';
import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn as signOnAt } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { alice, idpSecret, rasSecret, startThreeServers, type ThreeServers } from '../../fixtures/three-servers.ts';
import { callTool, claimsOf, exchange, redeem, renew, signOn } from './token-requests.ts';

/** Reading a channel needs a sign-on of the last minute at the IdP, a search one of the last five at the MCP server. */
let servers: ThreeServers;
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  servers = await startThreeServers({
    change: (world) => ({
      ...world,
      policy: {
        ...world.policy,
        resourceApps: world.policy.resourceApps.map((app) => ({
          ...app,
          resources: app.resources.map((resource) => ({
            ...resource,
            scopes: { 'chat.read': { risk: 'read' }, 'chat.history': { risk: 'read', signOn: { maxAge: 60 } } },
          })),
        })),
      },
      mcpServer: { ...world.mcpServer, signOnByTool: { search: { maxAge: 300 } } },
    }),
  });
});
afterAll(async () => {
  await servers.close();
  vi.useRealTimers();
});

function pass(seconds: number): void {
  vi.setSystemTime(Date.now() + seconds * 1000);
}

verifies(
  ['STP-01', 'STP-03', 'STP-04', 'STP-05', 'STP-07', 'RTK-05'],
  'a scope that asks for a fresh sign-on is refused with what would do, and granted once the person did it',
  async () => {
    const browser = createRobotBrowser();
    const first = await signOn(servers, {}, browser);
    pass(120);
    const refused = await exchange(servers, first, 'chat.history');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(refused.body).toMatchObject({ error: 'insufficient_user_authentication', max_age: 60 });
    expect(refused.body.acr_values).toBeUndefined();
    expect((await exchange(servers, first, 'chat.read')).body.scope).toBe('chat.read');

    const silent = await signOn(servers, {}, browser);
    expect((await exchange(servers, silent, 'chat.history')).body.max_age).toBe(60);
    const fresh = await signOn(servers, { max_age: String(refused.body.max_age) }, browser);
    const granted = await exchange(servers, fresh, 'chat.history');
    expect(granted.status).toBe(200);
    expect(claimsOf(granted.body.access_token)).toMatchObject({
      auth_time: claimsOf(fresh.idToken).auth_time,
      acr: 'urn:crossgrant:acr:password',
      amr: ['pwd'],
    });

    const token = (await redeem(servers, granted.body.access_token)).body.access_token;
    expect(claimsOf(token)).toMatchObject({ auth_time: claimsOf(fresh.idToken).auth_time, scope: 'chat.history' });
    expect((await callTool(servers, token, 'history', { channel: 'export' })).status).toBe(200);
    for (const old of [
      { refreshToken: first.refreshToken },
      { idToken: String((await renew(servers, first.refreshToken)).body.id_token) },
    ])
      expect((await exchange(servers, old, 'chat.history')).body).toMatchObject({ max_age: 60 });
  },
);

verifies(
  ['RSV-05', 'STP-05'],
  'a tool that asks for a fresh sign-on answers 401 with what would do, and runs once the whole chain is new',
  async () => {
    const browser = createRobotBrowser();
    const tokenOf = async (ask: Record<string, string>): Promise<unknown> => {
      const idJag = (await exchange(servers, await signOn(servers, ask, browser))).body.access_token;
      return (await redeem(servers, idJag)).body.access_token;
    };
    const search = (token: unknown): Promise<Response> => callTool(servers, token, 'search', { q: 'hello' });
    const token = await tokenOf({});
    expect((await search(token)).status).toBe(200);
    pass(301);
    const refused = await search(token);
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get('www-authenticate') ?? '';
    expect(challenge).toMatch(/^Bearer error="insufficient_user_authentication"/);
    expect(challenge).toContain('max_age="300"');
    expect(challenge).toContain('scope="chat.read"');
    expect(challenge).toContain('resource_metadata="');

    const stale = await tokenOf({});
    expect((await search(stale)).status).toBe(401);
    expect((await search(await tokenOf({ max_age: '300', prompt: 'login' }))).status).toBe(200);
  },
);

verifies(
  ['STP-04', 'ATK-62'],
  'the SDK lets the person sign on again and makes the same call once more, at both places, and asks once for each',
  async () => {
    const browser = createRobotBrowser();
    const asked: unknown[] = [];
    const client = createCrossgrantClient({
      idp: { issuer: servers.idp, clientId: 'agent', auth: clientSecretPost(idpSecret) },
      resourceServers: { [servers.authserver]: { clientId: 'agent-at-chat', auth: clientSecretBasic(rasSecret) } },
      development: true,
      clock: () => Date.now(),
      signOnAgain: async ({ reason: _reason, ...demand }, again) => {
        asked.push({ maxAge: demand.maxAge, prompt: demand.prompt });
        const { url, pending } = await again.beginSignOn({ ...demand, redirectUri: servers.redirectUri });
        await again.finishSignOn(pending, (await signOnAt(browser, url, alice)).href);
      },
    });
    const { url, pending } = await client.beginSignOn({ redirectUri: servers.redirectUri });
    const session = await client.finishSignOn(pending, (await signOnAt(browser, url, alice)).href);
    const call = (name: string, args: object): Promise<Response> =>
      client.fetch(session.id, servers.resource, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
      });
    expect((await call('search', { q: 'hello' })).status).toBe(200);
    pass(301);
    expect((await call('search', { q: 'hello' })).status).toBe(200);
    expect(asked).toEqual([{ maxAge: 300, prompt: 'login' }]);
    pass(120);
    const again = client.accessToken({ session: session.id, resource: servers.resource, scopes: ['chat.history'] });
    expect((await again).scopes).toEqual(['chat.history']);
    expect(asked).toEqual([
      { maxAge: 300, prompt: 'login' },
      { maxAge: 60, prompt: 'login' },
    ]);
  },
);
