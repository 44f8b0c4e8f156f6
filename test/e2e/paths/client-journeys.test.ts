import {
  type CrossgrantClientOptions,
  clientSecretBasic,
  clientSecretPost,
  createCrossgrantClient,
  createMemorySessions,
  keySigner,
  privateKeyJwt,
  type SignOnDemand,
} from '@crossgrant/client';
import { announceEnterpriseManaged, crossgrantFetch } from '@crossgrant/client/mcp';
import { crossgrantOAuthProvider } from '@crossgrant/client/mcp-v1';
import { createWebSignOn } from '@crossgrant/client/web';
import { verifies } from '@crossgrant/testkit';
import { signOnAsPerson } from '@crossgrant/world';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, expect } from 'vitest';
import {
  alice,
  idpSecret,
  rasSecret,
  startThreeServers,
  type ThreeServers,
  type ThreeServersOptions,
} from '../../fixtures/three-servers.ts';

let servers: ThreeServers | undefined;
afterEach(() => servers?.close());

interface Journey {
  readonly servers: ThreeServers;
  readonly client: ReturnType<typeof createCrossgrantClient>;
  readonly session: string;
  /** What left the client, in order. */
  readonly sent: { readonly url: string; readonly headers: Headers; readonly form: URLSearchParams }[];
}

/** Starts the servers and signs alice on at the real identity provider. */
async function start(
  options: (servers: ThreeServers) => Partial<CrossgrantClientOptions> & { subject?: 'refresh_token' },
  change?: ThreeServersOptions['change'],
): Promise<Journey> {
  const running = await startThreeServers({ change });
  servers = running;
  const sent: Journey['sent'] = [];
  const { subject, ...more } = options(running);
  const client = createCrossgrantClient({
    idp: { issuer: running.idp, clientId: 'agent', auth: clientSecretPost(idpSecret), subject },
    resourceServers: { [running.authserver]: { clientId: 'agent-at-chat', auth: clientSecretBasic(rasSecret) } },
    development: true,
    fetch: async (url, init) => {
      const body = init?.body instanceof URLSearchParams ? init.body : new URLSearchParams();
      sent.push({ url, headers: new Headers(init?.headers), form: new URLSearchParams(body) });
      return fetch(url, init);
    },
    ...more,
  });
  const { url, pending } = await client.beginSignOn({ redirectUri: running.redirectUri, prompt: 'consent' });
  const session = await client.finishSignOn(pending, await signOnAsPerson({ authorizeUrl: url, ...alice }));
  return { servers: running, client, session: session.id, sent };
}

async function search({ servers: { resource }, client, session }: Journey): Promise<boolean> {
  const mcp = new Client({ name: 'agent', version: '1.0.0' }, { capabilities: announceEnterpriseManaged() });
  const fetch = crossgrantFetch(client, { session, url: resource });
  await mcp.connect(new StreamableHTTPClientTransport(new URL(resource), { fetch }));
  const answer = await mcp.callTool({ name: 'search', arguments: { q: 'hello' } });
  await mcp.close();
  return answer.isError !== true;
}

verifies(
  ['DPO-12', 'DPO-02', 'DPO-03', 'DPO-09'],
  'one key binds the ID-JAG at the IdP, the access token at the server and every call of a tool',
  async () => {
    const journey = await start(() => ({ dpop: true }));
    expect(await search(journey)).toBe(true);
    const proven = journey.sent.filter(({ headers }) => headers.has('dpop'));
    expect(new Set(proven.map(({ url }) => url))).toEqual(
      new Set([`${journey.servers.idp}/token`, `${journey.servers.authserver}/token`, journey.servers.resource]),
    );
    const calls = proven.filter(({ url }) => url === journey.servers.resource);
    expect(calls.every(({ headers }) => headers.get('authorization')?.startsWith('DPoP '))).toBe(true);
    expect(new Set(proven.map(({ headers }) => headers.get('dpop'))).size).toBe(proven.length);
  },
);

verifies(
  ['DPO-12', 'DPO-01', 'CLI-07'],
  'where every server demands proofs with its nonces, from sign-on to the tool, each gets them and no request is lost',
  async () => {
    const required = { dpopRequired: true };
    const journey = await start(
      ({ idp }) => ({
        dpop: true,
        idp: { issuer: idp, clientId: 'agent', auth: clientSecretPost(idpSecret), dpop: true },
      }),
      (world) => ({
        ...world,
        idp: { ...world.idp, dpopNonces: 'required' },
        policy: {
          ...world.policy,
          clientApps: world.policy.clientApps.map((app) => ({ ...app, ...required })),
          connections: world.policy.connections.map((connection) => ({ ...connection, ...required })),
        },
        authserver: {
          ...world.authserver,
          dpopNonces: 'required',
          clients: world.authserver.clients.map((client) => ({ ...client, ...required })),
          resources: world.authserver.resources.map((resource) => ({ ...resource, ...required })),
        },
        mcpServer: { ...world.mcpServer, ...required, dpopNonces: 'required' },
      }),
    );
    expect(await search(journey)).toBe(true);
    const { idp, authserver, resource } = journey.servers;
    const proven = journey.sent.filter(({ headers }) => headers.has('dpop'));
    const withNonce = (of: string) =>
      proven.filter(({ url }) => url === of).map(({ headers }) => nonceOf(headers.get('dpop') ?? '') !== undefined);
    expect(withNonce(`${idp}/token`)).toEqual([false, true, true]); // asked at sign-on, known at the exchange
    expect(withNonce(`${authserver}/token`)).toEqual([false, true]);
    expect(withNonce(resource).indexOf(true)).toBe(1);
    expect(withNonce(resource).lastIndexOf(false)).toBe(0);
  },
);

function nonceOf(proof: string): unknown {
  return JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()).nonce;
}

verifies(
  ['CAU-01', 'CAU-02', 'CAU-07'],
  'a client with one key at the IdP and another at the server needs no secret anywhere',
  async () => {
    const [atIdp, atRas] = await Promise.all(['at-idp', 'at-ras'].map(newKey));
    if (!atIdp || !atRas) throw new Error('no keys');
    const keyed = ({ jwk }: typeof atIdp) => ({ method: 'private_key_jwt', jwks: { keys: [jwk] } });
    const journey = await start(
      ({ idp, authserver }) => ({
        idp: { issuer: idp, clientId: 'agent', auth: atIdp.auth },
        resourceServers: { [authserver]: { clientId: 'agent-at-chat', auth: atRas.auth } },
      }),
      (world) => ({
        ...world,
        policy: { ...world.policy, clientApps: world.policy.clientApps.map((app) => ({ ...app, auth: keyed(atIdp) })) },
        authserver: {
          ...world.authserver,
          clients: world.authserver.clients.map((client) => ({ ...client, auth: keyed(atRas) })),
        },
      }),
    );
    expect(await search(journey)).toBe(true);
    const tokenRequests = journey.sent.filter(({ url }) => url.endsWith('/token'));
    expect(tokenRequests).toHaveLength(3);
    for (const { headers, form } of tokenRequests) {
      expect(form.get('client_assertion')).toBeTruthy();
      expect([headers.has('authorization'), form.has('client_secret')]).toEqual([false, false]);
    }
  },
);

async function newKey(keyId: string) {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keys.publicKey);
  const auth = privateKeyJwt(await keySigner(keys.privateKey, { keyId }));
  return { auth, jwk: { kty, crv, x, y, kid: keyId, alg: 'ES256', use: 'sig' } };
}

verifies(
  ['STP-04', 'STP-01', 'STP-03'],
  'a rule that wants a fresh sign-on opens the browser in the middle of a call, and the call is not lost',
  async () => {
    let now = Date.now();
    const demands: SignOnDemand[] = [];
    const sessions = createMemorySessions();
    const journey = await start(
      ({ redirectUri }) => ({
        sessions,
        clock: () => now,
        signOnAgain: async (demand, client) => {
          demands.push(demand);
          const { url, pending } = await client.beginSignOn({ ...demand, redirectUri });
          const asked = new URL(url).searchParams;
          expect([asked.get('max_age'), asked.get('prompt'), asked.has('acr_values')]).toEqual(['1', 'login', false]);
          return client.finishSignOn(pending, await signOnAsPerson({ authorizeUrl: url, ...alice }));
        },
      }),
      (world) => ({
        ...world,
        policy: {
          ...world.policy,
          rules: world.policy.rules.map((rule) => ({ ...rule, conditions: { maxAge: 1 } })),
        },
      }),
    );
    const before = await sessions.load(journey.session);
    await waitUntil(() => Date.now() / 1000 > (before?.authTime ?? 0) + 2.1);
    now = Date.now();
    expect(await search(journey)).toBe(true);
    expect(demands).toEqual([
      { session: journey.session, reason: 'step_up', acrValues: undefined, maxAge: 1, prompt: 'login' },
    ]);
    const after = await sessions.load(journey.session);
    expect(after?.authTime).toBeGreaterThan(before?.authTime ?? Infinity);
    const refreshed = journey.sent.filter(({ form }) => form.get('grant_type') === 'refresh_token');
    expect(refreshed).toEqual([]);
  },
);

/** The servers of this test run by the clock of the machine. */
async function waitUntil(isTime: () => boolean): Promise<void> {
  while (!isTime()) await new Promise((resolve) => setTimeout(resolve, 50));
}

verifies(
  ['CLI-10', 'RTK-02', 'RTK-03'],
  'the refresh token of the sign-on is traded for one ID-JAG after the other, and stays what it is',
  async () => {
    const sessions = createMemorySessions();
    const journey = await start(() => ({ subject: 'refresh_token', sessions }));
    const held = await sessions.load(journey.session);
    expect(await search(journey)).toBe(true);
    const request = { session: journey.session, resource: journey.servers.resource, scopes: ['chat.history'] };
    await journey.client.accessToken(request);
    const traded = journey.sent
      .filter(({ form }) => form.has('subject_token'))
      .map(({ form }) => form.get('subject_token'));
    expect(traded).toEqual([held?.refreshToken, held?.refreshToken]);
    expect((await sessions.load(journey.session))?.refreshToken).toBe(held?.refreshToken);
  },
);

verifies(
  ['MCP-05', 'CLI-05', 'CLI-07'],
  'the MCP client 1.x works by fetch and by auth provider, which redeems a new ID-JAG after a refusal',
  async () => {
    const { client, session, servers: running, sent } = await start(() => ({}));
    const url = new URL(running.resource);
    const search = async (options: ConstructorParameters<typeof FirstTransport>[1]): Promise<boolean> => {
      const mcp = new FirstClient({ name: 'agent', version: '1.0.0' }, { capabilities: announceEnterpriseManaged() });
      await mcp.connect(new FirstTransport(url, options));
      const answer = await mcp.callTool({ name: 'search', arguments: { q: 'hello' } });
      await mcp.close();
      return answer.isError !== true;
    };
    expect(await search({ fetch: crossgrantFetch(client, { session, url }) })).toBe(true);
    const authProvider = crossgrantOAuthProvider(client, { session, url });
    expect(await search({ authProvider })).toBe(true);
    authProvider.saveTokens({ access_token: 'no-longer-good', token_type: 'Bearer', expires_in: 600 });
    expect(await search({ authProvider })).toBe(true);
    expect(sent.filter(({ form }) => form.has('subject_token'))).toHaveLength(2);
  },
);

verifies('BCP-02', 'a person signs on in the browser of a web application, at the real identity provider', async () => {
  const { client, servers: running } = await start(() => ({}));
  const web = createWebSignOn(client, { redirectUri: running.redirectUri, secrets: ['a'.repeat(32)] });
  const { url, setCookie } = await web.begin({ returnTo: '/rooms', prompt: 'consent' });
  const callback = await signOnAsPerson({ authorizeUrl: url, ...alice });
  const cookie = setCookie.split(';')[0];
  const { session, returnTo } = await web.finish({ url: callback, cookie });
  expect(returnTo).toBe('/rooms');
  await client.accessToken({ session: session.id, resource: running.resource });
});
