import { verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import { CrossgrantMisuse } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import { exchangeAnswer, inTurn, startWorld, unauthorized, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

const post = (more: object = {}, options: object = {}) =>
  world.client.fetch('ses_alice', world.resource, { method: 'POST', body: '{"q":1}', ...more }, options);
const calls = () => world.mcp.askedFor('/mcp');
const bearers = () => calls().map((entry) => entry.headers.authorization);
const askedScopes = () => world.idp.askedFor('/token').map((entry) => entry.form.get('scope'));
const insufficientScope = (scope: string) =>
  unauthorized(world.mcp, `error="insufficient_scope", scope="${scope}"`, 403);

verifies(
  ['MCP-11', 'MCP-12'],
  'the first call learns from its challenge, and every further one carries the token',
  async () => {
    world = await startWorld();
    expect(await (await post()).json()).toEqual({ ok: true });
    await post();
    expect(bearers()).toEqual([undefined, 'Bearer access-1', 'Bearer access-1']);
    expect(calls().map((entry) => entry.body)).toEqual(['{"q":1}', '{"q":1}', '{"q":1}']);
    expect(askedScopes()).toEqual(['chat.read']);
  },
);

verifies('MCP-12', 'scopes come from the caller, else the challenge, else the metadata, else nowhere', async () => {
  world = await startWorld();
  await post({}, { scopes: ['chat.own'] });
  world.mcp.answer('POST /mcp', inTurn(unauthorized(world.mcp), { json: {} }));
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_two' });
  await world.client.accessToken({ session: 'ses_two', resource: world.resource });
  expect(askedScopes()).toEqual(['chat.own', 'chat.read chat.history']);
});

verifies('MCP-12', 'without a challenge scope and without listed scopes the parameter is left out', async () => {
  world = await startWorld();
  world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', () => ({
    json: { resource: world.resource, authorization_servers: [world.ras.url] },
  }));
  world.mcp.answer('POST /mcp', inTurn(unauthorized(world.mcp), { json: {} }));
  await post();
  expect(world.idp.askedFor('/token')[0]?.form.has('scope')).toBe(false);
});

verifies(['MCP-12', 'CLI-07'], 'insufficient scope asks for the union, and remembers it', async () => {
  world = await startWorld();
  await post();
  world.mcp.answer('POST /mcp', inTurn(insufficientScope('chat.history'), { json: { ok: 2 } }));
  expect(await (await post()).json()).toEqual({ ok: 2 });
  await post();
  expect(askedScopes()).toEqual(['chat.read', 'chat.read chat.history']);
  expect(bearers().slice(2)).toEqual(['Bearer access-1', 'Bearer access-2', 'Bearer access-2']);
});

verifies(
  ['MCP-12', 'CLI-07'],
  'insufficient scope keeps what a token was granted that was asked for without scopes',
  async () => {
    world = await startWorld();
    world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', () => ({
      json: { resource: world.resource, authorization_servers: [world.ras.url] },
    }));
    world.idp.answer('POST /token', ({ form }) =>
      exchangeAnswer(world.idJag(), { scope: form.get('scope') ?? 'chat.read' }),
    );
    world.mcp.answer('POST /mcp', inTurn(unauthorized(world.mcp), insufficientScope('chat.send'), { json: {} }));
    expect((await post()).status).toBe(200);
    expect(askedScopes()).toEqual([null, 'chat.read chat.send']);
  },
);

verifies(['MCP-12', 'CLI-07'], 'insufficient scope is answered twice at most', async () => {
  world = await startWorld();
  await post();
  let asked = 0;
  world.mcp.answer('POST /mcp', () => {
    asked += 1;
    return insufficientScope(`chat.more${asked}`);
  });
  await expectFailure(post(), 'insufficient_scope', 'call');
  expect(calls()).toHaveLength(2 + 3);
  expect(askedScopes()).toHaveLength(3);
});

test('a 403 for another reason is handed back', async () => {
  world = await startWorld();
  world.mcp.answer('POST /mcp', inTurn(unauthorized(world.mcp), { status: 403, text: 'no' }));
  expect((await post()).status).toBe(403);
});

verifies('CLI-07', 'a refused token is replaced once', async () => {
  world = await startWorld();
  await post();
  const refused = unauthorized(world.mcp, 'error="invalid_token"');
  world.mcp.answer('POST /mcp', inTurn(refused, { json: {} }));
  expect((await post()).status).toBe(200);
  expect(bearers().slice(2)).toEqual(['Bearer access-1', 'Bearer access-2']);

  world.mcp.answer('POST /mcp', () => refused);
  const failure = await expectFailure(post(), 'token_rejected', 'call');
  expect(failure.cause).toMatchObject({ status: 401 });
  expect(bearers().slice(4)).toEqual(['Bearer access-2', 'Bearer access-3']);
  world.mcp.answer('POST /mcp', () => ({ json: {} }));
  await post();
  expect(bearers().at(-1)).toBe('Bearer access-4');
});

verifies(
  ['CLI-07', 'STP-04'],
  'step-up of the resource goes to the identity provider and brings a new token',
  async () => {
    world = await startWorld();
    await post();
    const demand = unauthorized(world.mcp, 'error="insufficient_user_authentication", acr_values="phr", max_age="300"');
    world.mcp.answer('POST /mcp', ({ headers }) =>
      headers.authorization === 'Bearer access-2' ? { json: { ok: 3 } } : demand,
    );
    const failure = await expectFailure(post(), 'step_up_required', 'call');
    expect(failure).toMatchObject({ acrValues: ['phr'], maxAge: 300 });

    const stronger = await world.idToken({ acr: 'phr' });
    const signOnAgain = ({ session }: { session: string }) => world.client.adoptSignOn({ idToken: stronger, session });
    expect(await (await post({}, { signOnAgain })).json()).toEqual({ ok: 3 });
    expect(world.idp.askedFor('/token').at(-1)?.form.get('subject_token')).toBe(stronger);
  },
);

verifies('ATK-62', 'a resource that keeps demanding step-up troubles the person once', async () => {
  world = await startWorld();
  world.mcp.answer('POST /mcp', () => unauthorized(world.mcp, 'error="insufficient_user_authentication"'));
  let times = 0;
  const signOnAgain = async ({ session }: { session: string }) => {
    times += 1;
    await world.client.adoptSignOn({ idToken: await world.idToken({ jti: `n${times}` }), session });
  };
  await expectFailure(post({}, { signOnAgain }), 'step_up_required', 'call');
  expect(times).toBe(1);
});

verifies('CLI-07', 'a busy resource is waited for, and its last answer handed back', async () => {
  world = await startWorld();
  await post();
  const busy = { status: 429, headers: { 'retry-after': '1' } };
  world.mcp.answer('POST /mcp', inTurn(busy, { json: { ok: 4 } }));
  expect(await (await post()).json()).toEqual({ ok: 4 });
  world.mcp.answer('POST /mcp', () => busy);
  expect((await post()).status).toBe(429);
  expect(world.waits).toEqual([1_000, 1_000, 1_000]);
});

verifies(['MCP-11', 'LES-91'], 'a token goes to the resource it is for, by whole path segments', async () => {
  world = await startWorld();
  await post();
  const { resource } = world;
  for (const url of [`${resource}-admin`, world.mcp.url, `${world.stranger.url}/mcp`, `${resource}/../other`]) {
    const call = world.client.fetch('ses_alice', url, {}, { resource });
    await expectFailure(call, 'foreign_origin', 'call');
  }
  world.mcp.answer('GET /mcp/below', () => ({ json: {} }));
  expect((await world.client.fetch('ses_alice', `${resource}/below?x=1`, {}, { resource })).status).toBe(200);
  expect(world.stranger.asked).toEqual([]);
});

verifies(['CLI-11', 'MCP-11'], 'a redirect of the resource is not followed with the token', async () => {
  world = await startWorld();
  await post();
  world.mcp.answer('POST /mcp', () => ({ status: 307, headers: { location: `${world.stranger.url}/mcp` } }));
  await expectFailure(post(), 'redirect_refused', 'call');
  expect(world.stranger.asked).toEqual([]);
});

verifies(['BCP-03', 'MCP-11'], 'no token travels in an address', async () => {
  world = await startWorld();
  await expectFailure(world.client.fetch('ses_alice', `${world.resource}?access_token=x`), 'token_in_url', 'call');
  await post();
  expect(world.seen.map((entry) => entry.query.toString()).join('')).not.toMatch(/eyJ|access-/);
});

verifies('CLI-11', 'a resource is not called over http, not even without a token', async () => {
  world = await startWorld();
  for (const url of [
    'http://mcp.chat.example/mcp',
    'ftp://127.0.0.1/mcp',
    'http://user:pw@127.0.0.1/mcp',
    'nonsense',
  ]) {
    await expectFailure(world.client.fetch('ses_alice', url), 'address_refused', 'call');
  }
  expect(world.seen).toEqual([]);
});

verifies('LES-94', 'a caller cannot set the Authorization header beside the client', async () => {
  world = await startWorld();
  await expect(post({ headers: { Authorization: 'Bearer own' } })).rejects.toBeInstanceOf(CrossgrantMisuse);
  expect(world.seen).toEqual([]);
});

test('a body that can be sent once is not spent on learning the challenge', async () => {
  world = await startWorld();
  const body = new Blob(['{"q":1}']).stream();
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
  expect((await world.client.fetch('ses_alice', world.resource, init)).status).toBe(200);
  expect(bearers()).toEqual(['Bearer access-1']);
});

test('an open resource gets no token', async () => {
  world = await startWorld();
  world.mcp.answer('POST /mcp', () => ({ json: { open: true } }));
  await post();
  await post();
  expect(bearers()).toEqual([undefined, undefined]);
  expect(world.idp.asked).toEqual([]);
});

test('a resource that was found through its challenge is asked there again, and without a call in vain', async () => {
  world = await startWorld();
  const document = { resource: world.resource, authorization_servers: [world.ras.url] };
  world.mcp.answer('GET /.well-known/oauth-protected-resource/mcp', () => ({ status: 404 }));
  world.mcp.answer('GET /somewhere', () => ({ json: document }));
  const pointer = { 'www-authenticate': `Bearer resource_metadata="${world.mcp.url}/somewhere"` };
  world.mcp.answer('POST /mcp', inTurn({ status: 401, headers: pointer }, { json: {} }));
  await post();
  world.clock.now += 400_000;
  expect((await post()).status).toBe(200);
  expect(world.mcp.askedFor('/somewhere')).toHaveLength(2);
  expect(bearers()).toEqual([undefined, 'Bearer access-1', 'Bearer access-1']);
});
