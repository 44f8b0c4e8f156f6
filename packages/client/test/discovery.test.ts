import { verifies } from '@crossgrant/testkit';
import { afterEach, expect } from 'vitest';
import { clientSecretBasic, createCrossgrantClient } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import { exchangeAnswer, inTurn, metadata, startWorld, unauthorized, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

const askToken = () => world.client.accessToken({ session: world.session.id, resource: world.resource });
const prm = (more: Record<string, unknown>) => ({
  json: { resource: world.resource, authorization_servers: [world.ras.url], ...more },
});
const prmPath = 'GET /.well-known/oauth-protected-resource/mcp';
const asPath = 'GET /.well-known/oauth-authorization-server';

/** Nothing of value went out: neither to the stranger, nor to anybody else. */
function nothingLeft(): void {
  expect(world.stranger.asked).toEqual([]);
  expect(world.secretsSeenBy(world.idp)).toEqual([]);
  expect(world.secretsSeenBy(world.ras)).toEqual([]);
}

verifies(['MCP-10', 'MCP-16'], 'the resource is asked for with the string of its own metadata', async () => {
  world = await startWorld();
  const spelled = world.resource.replace('http://', 'HTTP://');
  world.mcp.answer(prmPath, () => prm({ resource: spelled }));
  const token = await askToken();
  expect(token.resource).toBe(spelled);
  expect(world.idp.askedFor('/token')[0]?.form.get('resource')).toBe(spelled);
});

verifies('MCP-10', 'metadata locations are asked in the order of MCP until one is there', async () => {
  world = await startWorld();
  world.mcp.answer(prmPath, () => ({ status: 404 }));
  world.mcp.answer('GET /.well-known/oauth-protected-resource', () => prm({}));
  world.ras.answer(asPath, () => ({ status: 404 }));
  world.ras.answer('GET /.well-known/openid-configuration', () => metadata(world.ras.url));
  await askToken();
  expect(world.mcp.asked.map((entry) => entry.path)).toEqual([
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource',
  ]);
  expect(world.ras.asked.map((entry) => entry.path)).toEqual([
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/token',
  ]);
});

verifies(
  ['MCP-10', 'MCP-16'],
  'the metadata of a whole host names the host, and its token is for the host',
  async () => {
    world = await startWorld();
    world.mcp.answer(prmPath, () => ({ status: 404 }));
    world.mcp.answer('GET /.well-known/oauth-protected-resource', () => prm({ resource: world.mcp.url }));
    world.idp.answer('POST /token', () => exchangeAnswer(world.idJag({ resource: world.mcp.url })));
    expect((await askToken()).resource).toBe(world.mcp.url);
    expect(world.idp.askedFor('/token')[0]?.form.get('resource')).toBe(world.mcp.url);
  },
);

verifies(['MCP-10', 'ATK-14'], 'metadata that speaks of another resource stops the flow', async () => {
  world = await startWorld();
  for (const resource of [`${world.mcp.url}/mcp-admin`, `${world.mcp.url}/`, `${world.stranger.url}/mcp`]) {
    world.mcp.answer(prmPath, () => prm({ resource }));
    await expectFailure(askToken(), 'resource_mismatch', 'discovery');
  }
  nothingLeft();
});

verifies(
  ['MCP-10', 'ATK-14', 'LES-91'],
  'an authorization server that claims another issuer gets nothing',
  async () => {
    world = await startWorld();
    world.ras.answer(asPath, () =>
      metadata('https://auth.chat.example', { token_endpoint: `${world.stranger.url}/token` }),
    );
    await expectFailure(askToken(), 'issuer_mismatch', 'discovery');
    nothingLeft();
  },
);

verifies(['MCP-10', 'LES-91'], 'the fall-back location ends in the same issuer check', async () => {
  world = await startWorld();
  world.ras.answer(asPath, () => ({ status: 404 }));
  world.ras.answer('GET /.well-known/openid-configuration', () => metadata(world.stranger.url));
  await expectFailure(askToken(), 'issuer_mismatch', 'discovery');
  nothingLeft();
});

verifies(['LES-91', 'MCP-10'], 'an issuer that differs by a trailing slash is another issuer', async () => {
  world = await startWorld();
  world.ras.answer(asPath, () => metadata(`${world.ras.url}/`));
  await expectFailure(askToken(), 'issuer_mismatch', 'discovery');
  world.mcp.answer(prmPath, () => prm({ authorization_servers: [`${world.ras.url}/`] }));
  await expectFailure(askToken(), 'authorization_server_unknown', 'discovery');
  nothingLeft();
});

verifies(
  ['LES-91', 'ATK-15', 'CAU-07', 'MCP-09'],
  'a resource that names a foreign server gets no contact with it',
  async () => {
    world = await startWorld();
    world.mcp.answer(prmPath, () => prm({ authorization_servers: [world.stranger.url] }));
    world.stranger.answer(asPath, () => metadata(world.stranger.url));
    await expectFailure(askToken(), 'authorization_server_unknown', 'discovery');
    nothingLeft();
  },
);

verifies('LES-91', 'a resource without metadata does not make the client guess an authorization server', async () => {
  world = await startWorld();
  world.mcp.answer(prmPath, () => ({ status: 404 }));
  world.mcp.answer(asPath, () => metadata(world.mcp.url));
  await expectFailure(askToken(), 'resource_metadata_unavailable', 'discovery');
  expect(world.mcp.askedFor('/.well-known/oauth-authorization-server')).toEqual([]);
  nothingLeft();
});

verifies('LES-91', 'a challenge that points at another origin is not followed', async () => {
  world = await startWorld();
  const pointer = `${world.stranger.url}/.well-known/oauth-protected-resource/mcp`;
  const header = { 'www-authenticate': `Bearer resource_metadata="${pointer}"` };
  world.mcp.answer('POST /mcp', () => ({ status: 401, headers: header }));
  const call = world.client.fetch(world.session.id, world.resource, { method: 'POST' });
  await expectFailure(call, 'foreign_origin', 'discovery');
  nothingLeft();
});

verifies(
  ['LES-91', 'CLI-11'],
  'a redirect on any discovery path stops the flow, and the target hears nothing',
  async () => {
    world = await startWorld();
    const away = { status: 302, headers: { location: `${world.stranger.url}/elsewhere` } };
    world.mcp.answer(
      prmPath,
      inTurn(away, () => prm({})),
    );
    await expectFailure(askToken(), 'redirect_refused', 'discovery');
    world.ras.answer(
      asPath,
      inTurn(away, () => metadata(world.ras.url)),
    );
    await expectFailure(askToken(), 'redirect_refused', 'discovery');
    world.idp.answer(
      asPath,
      inTurn(away, () => metadata(world.idp.url)),
    );
    await expectFailure(askToken(), 'redirect_refused', 'discovery');
    nothingLeft();
  },
);

verifies('ATK-15', 'a known resource that moves to another known server is stopped', async () => {
  const second = { clientId: 'agent-elsewhere', auth: clientSecretBasic('other-secret-1') };
  let strangerUrl = '';
  world = await startWorld();
  strangerUrl = world.stranger.url;
  const options = { ...world.options, resourceServers: { ...world.options.resourceServers, [strangerUrl]: second } };
  const client = createCrossgrantClient(options);
  const session = await client.adoptSignOn({ idToken: await world.idToken() });
  await client.accessToken({ session: session.id, resource: world.resource });

  world.mcp.answer(prmPath, () => prm({ authorization_servers: [strangerUrl] }));
  world.clock.now += 700_000;
  const fresh = await client.adoptSignOn({ idToken: await world.idToken() });
  await expectFailure(
    client.accessToken({ session: fresh.id, resource: world.resource }),
    'authorization_server_changed',
    'discovery',
  );
  expect(world.stranger.asked).toEqual([]);
});

verifies(['ATK-15', 'MCP-09'], 'a server speaks for the resources of its registration only', async () => {
  world = await startWorld((options) => withRegistration(options, { resources: ['https://mcp.chat.example/mcp'] }));
  await expectFailure(askToken(), 'authorization_server_changed', 'discovery');
  nothingLeft();
});

verifies('MCP-04', 'a server that lists its grants without jwt-bearer is not asked', async () => {
  world = await startWorld();
  world.ras.answer(asPath, () => metadata(world.ras.url, { grant_types_supported: ['authorization_code'] }));
  await expectFailure(askToken(), 'id_jag_unsupported', 'discovery');
  nothingLeft();
});

verifies(
  'MCP-04',
  'a server that does not advertise the profile is refused when the organisation wants it so',
  async () => {
    world = await startWorld((options) => withRegistration(options, { mustAdvertiseIdJag: true }));
    expect((await askToken()).value).toBe('access-1');
    world.ras.answer(asPath, () => metadata(world.ras.url));
    world.clock.now += 400_000;
    const other = createCrossgrantClient(world.options);
    const session = await other.adoptSignOn({ idToken: await world.idToken() });
    await expectFailure(
      other.accessToken({ session: session.id, resource: world.resource }),
      'id_jag_unsupported',
      'discovery',
    );
  },
);

verifies('CLI-11', 'answers that are too large, too slow or not over https are refused', async () => {
  world = await startWorld((options) => ({ ...options, timeoutMs: 200, maxResponseBytes: 2_000 }));
  world.mcp.answer(prmPath, () => prm({ filler: 'x'.repeat(3_000) }));
  await expectFailure(askToken(), 'response_too_large', 'discovery');
  world.mcp.answer(prmPath, () => new Promise((resolve) => setTimeout(() => resolve(prm({})), 600)));
  await expectFailure(askToken(), 'request_timeout', 'discovery');
  world.mcp.answer(prmPath, () => prm({}));
  world.ras.answer(asPath, () => metadata(world.ras.url, { token_endpoint: 'http://auth.chat.example/token' }));
  await expectFailure(askToken(), 'metadata_invalid', 'discovery');
  for (const resource of ['http://mcp.chat.example/mcp', 'nonsense', 'urn:x', 'https://user@mcp.chat.example/']) {
    const plain = world.client.accessToken({ session: world.session.id, resource });
    await expectFailure(plain, 'address_refused', 'discovery');
  }
  nothingLeft();
});

verifies('CLI-07', 'a server in trouble does not push the client to the next location', async () => {
  world = await startWorld();
  world.ras.answer(asPath, () => ({ status: 500 }));
  world.ras.answer('GET /.well-known/openid-configuration', () => metadata(world.ras.url));
  await expectFailure(askToken(), 'metadata_unavailable', 'discovery');
  expect(world.ras.askedFor('/.well-known/openid-configuration')).toEqual([]);
  nothingLeft();
});

verifies('MCP-10', 'broken metadata is named as such', async () => {
  world = await startWorld();
  world.mcp.answer(prmPath, () => ({ text: 'not json' }));
  await expectFailure(askToken(), 'resource_metadata_invalid', 'discovery');
  world.mcp.answer(prmPath, () => prm({ authorization_servers: [] }));
  await expectFailure(askToken(), 'resource_metadata_invalid', 'discovery');
  world.mcp.answer(prmPath, () => prm({ resource: 7 }));
  await expectFailure(askToken(), 'resource_metadata_invalid', 'discovery');
  nothingLeft();
});

verifies('MCP-10', 'a call asks for the metadata where the challenge points', async () => {
  world = await startWorld();
  world.mcp.answer('GET /somewhere', () => prm({}));
  const header = { 'www-authenticate': `Bearer resource_metadata="${world.mcp.url}/somewhere"` };
  world.mcp.answer('POST /mcp', inTurn({ status: 401, headers: header }, { json: {} }));
  const response = await world.client.fetch(world.session.id, world.resource, { method: 'POST' });
  expect(response.status).toBe(200);
  expect(world.mcp.askedFor('/somewhere')).toHaveLength(1);
  expect(unauthorized(world.mcp).status).toBe(401);
});

function withRegistration(options: World['options'], more: object): World['options'] {
  const [issuer, registration] = Object.entries(options.resourceServers)[0] as [string, object];
  return { ...options, resourceServers: { [issuer]: { ...registration, ...more } as never } };
}
