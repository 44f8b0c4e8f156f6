import { formatBasic, grantTypes, plainHeaders, profiles } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { expectRefusal, expectRefused, redeemed } from './expect-refusal.ts';
import { bodyOf, clientId, clientSecret, createWorld, formRequest, idJag, tokenRequest } from './support.ts';

verifies('RED-01', 'anything but a POST of exactly one form is refused before anything is read', async () => {
  const { server } = createWorld();
  const good = tokenRequest(idJag());
  expectRefused(await server.token({ ...good, method: 'GET' }), 'request/method');
  expectRefused(
    await server.token({ ...good, headers: plainHeaders([['content-type', 'application/json']]) }),
    'request/media-type',
  );
  expectRefused(await server.token({ ...good, body: `${good.body}&assertion=x` }), 'request/duplicate-parameter');
  expectRefused(await server.token({ ...good, body: `${good.body}&x=%` }), 'request/malformed-form');
});

verifies(['RED-01', 'LES-31'], 'a content type that two readers could read differently is refused', async () => {
  const { server } = createWorld();
  const good = tokenRequest(idJag());
  for (const type of [
    'application/x-www-form-urlencoded\tx',
    ' application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded, text/plain',
    'application/x-www-form-urlencodedx',
  ]) {
    const headers = plainHeaders([
      ['content-type', type],
      ['authorization', formatBasic(clientId, clientSecret)],
    ]);
    expectRefused(await server.token({ ...good, headers }), 'request/media-type');
  }
});

verifies('RED-01', 'a request without an assertion, or with an empty one, is refused', async () => {
  const { server } = createWorld();
  expectRefused(await server.token(tokenRequest('')), 'assertion/missing');
  expectRefused(await server.token(tokenRequest(idJag(), { form: { grant_type: '' } })), 'request/missing-parameter');
});

verifies('RED-05', 'another grant type is not this grant, whatever it carries', async () => {
  const { server } = createWorld();
  for (const grantType of [
    grantTypes.tokenExchange,
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:jwt-dpop',
    'JWT-bearer',
  ]) {
    expectRefused(await server.token(tokenRequest(idJag(), { form: { grant_type: grantType } })), 'request/grant-type');
  }
});

verifies(
  ['RED-02', 'LES-18'],
  'an assertion beyond 16 KiB is refused, not dropped, and costs no key look-up',
  async () => {
    const world = createWorld();
    const oversized = tokenRequest('a'.repeat(16_385), { auth: 'none' });
    expectRefused(await world.server.token(oversized), 'assertion/too-large');
    const padded = idJag({ note: 'x'.repeat(13_000) });
    expectRefused(await world.server.token(tokenRequest(padded)), 'assertion/too-large');
    await expectRefusal(world, idJag({}, { header: { note: 'x'.repeat(2_100) } }), 'assertion/too-large');
    expect(world.keyLookUps).toEqual([]);
  },
);

verifies('RED-02', 'JSON deeper than 16 levels is refused', async () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20; level++) deep = { deep };
  await expectRefusal(createWorld(), idJag({ deep }), 'assertion/malformed');
});

verifies('RED-03', 'a request that names no client, an unknown one, or proves nothing is answered 401', async () => {
  const world = createWorld();
  expectRefused(await world.server.token(tokenRequest(idJag(), { auth: 'none' })), 'client/missing');
  expectRefused(
    await world.server.token(tokenRequest(idJag(), { credentials: ['nobody', clientSecret] })),
    'client/unknown',
  );
  expectRefused(await world.server.token(tokenRequest(idJag(), { credentials: [clientId, 'wrong'] })), 'client/secret');
  expectRefused(
    await world.server.token(tokenRequest(idJag(), { auth: 'none', form: { client_id: clientId } })),
    'client/method',
  );
  expect(world.keyLookUps).toEqual([]);
});

verifies('RED-03', 'a failed Basic header is answered with a challenge, a failed body without', async () => {
  const { server } = createWorld();
  const basic = await server.token(tokenRequest(idJag(), { credentials: [clientId, 'wrong'] }));
  expect(basic.headers['www-authenticate']).toMatch(/^Basic realm=/);
  const post = await server.token(
    tokenRequest(idJag(), { auth: 'none', form: { client_id: clientId, client_secret: 'wrong' } }),
  );
  expectRefused(post, 'client/secret');
  expect(post.headers['www-authenticate']).toBeUndefined();
});

verifies(['RED-03', 'CAU-05'], 'both registered secret methods work, one at a time', async () => {
  const world = createWorld();
  await redeemed(world, idJag());
  await redeemed(world, idJag(), { auth: 'none', form: { client_id: clientId, client_secret: clientSecret } });
  expectRefused(
    await world.server.token(tokenRequest(idJag(), { form: { client_secret: clientSecret } })),
    'client/several-methods',
  );
  expectRefused(
    await world.server.token(tokenRequest(idJag(), { form: { client_id: 'another' } })),
    'client/identifier-mismatch',
  );
});

verifies(['CAU-05', 'ATK-57'], 'Basic is form-decoded once after base64', async () => {
  const world = createWorld();
  const encoded = Buffer.from(`${encodeURIComponent(clientId).replaceAll('-', '%2D')}:${clientSecret}`).toString(
    'base64',
  );
  const response = await world.server.token({
    ...tokenRequest(idJag(), { auth: 'none', headers: [['authorization', `Basic ${encoded}`]] }),
  });
  expect(response.status).toBe(200);
  const twice = Buffer.from(`${clientId.replaceAll('-', '%252D')}:${clientSecret}`).toString('base64');
  expectRefused(
    await world.server.token(tokenRequest(idJag(), { auth: 'none', headers: [['authorization', `Basic ${twice}`]] })),
    'client/unknown',
  );
});

verifies(
  ['RED-03', 'LES-28'],
  'a method that is not the registered one is no way in, even with the right secret',
  async () => {
    const world = createWorld({ client: { authMethods: ['client_secret_post'] } });
    expectRefused(await world.server.token(tokenRequest(idJag())), 'client/method');
    const assertion = {
      client_assertion_type: profiles.clientAssertionType,
      client_assertion: 'x.y.z',
      client_id: clientId,
    };
    expectRefused(await world.server.token(tokenRequest(idJag(), { auth: 'none', form: assertion })), 'client/method');
    expectRefused(
      await world.server.token(
        tokenRequest(idJag(), { auth: 'none', form: { ...assertion, client_secret: clientSecret } }),
      ),
      'client/several-methods',
    );
  },
);

verifies(['RED-03', 'LES-20'], 'a blocked client is refused with the right secret', async () => {
  const world = createWorld({ client: { state: 'blocked' } });
  expectRefused(await world.server.token(tokenRequest(idJag())), 'client/blocked');
});

verifies(['RED-04', 'CAU-04', 'ATK-40'], 'a public client may not redeem', async () => {
  const world = createWorld({ client: { verifySecret: undefined } });
  await expectRefusal(world, idJag(), 'client/public', { auth: 'none', form: { client_id: clientId } });
});

verifies('RED-04', 'a client that is not registered for the grant may not use it', async () => {
  await expectRefusal(
    createWorld({ client: { grantTypes: ['authorization_code'] } }),
    idJag(),
    'client/grant-not-registered',
  );
});

verifies(
  ['RED-32', 'LES-84'],
  'refusals of strangers are counted per source, one row a minute; those of proven clients stand alone',
  async () => {
    const world = createWorld();
    for (let request = 0; request < 500; request++)
      await world.server.token(tokenRequest(idJag(), { credentials: ['nobody', 'x'] }));
    await world.server.token({
      ...tokenRequest(idJag(), { credentials: [clientId, 'x'] }),
      remoteAddress: '198.51.100.4',
    });
    expect(world.audit).toEqual([]);
    await world.server.close();
    expect(world.audit.map(({ kind, facts, personal }) => [kind, facts?.counts, personal?.address])).toEqual([
      ['client_authentication', { 'client/unknown': 500 }, '192.0.2.7'],
      ['client_authentication', { 'client/secret': 1 }, '198.51.100.4'],
    ]);
    await expectRefusal(world, idJag({ aud: 'https://other.example' }), 'assertion/audience');
    expect(world.audit).toHaveLength(3);
  },
);

verifies(['RED-32', 'LES-84'], 'many sources in one minute share one row', async () => {
  const world = createWorld();
  for (let request = 0; request < 3_000; request++) {
    await world.server.token({
      ...formRequest('/token', { grant_type: grantTypes.jwtBearer, assertion: 'a.b.c' }),
      remoteAddress: `2001:db8::${request.toString(16)}`,
    });
  }
  await world.server.close();
  expect(world.audit.length).toBe(1_001);
});

verifies(
  ['RED-28', 'RTK-01', 'ATK-43'],
  'no refresh token is issued, also when offline_access is asked for',
  async () => {
    const world = createWorld({ resource: { scopes: ['chat.read', 'offline_access'] } });
    const body = await redeemed(world, idJag({ scope: 'chat.read offline_access' }), {
      form: { scope: 'chat.read offline_access' },
    });
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'resource', 'scope', 'token_type']);
  },
);

verifies(['RED-27', 'ATK-43'], 'the answer says what was granted, and no cache may keep it', async () => {
  const world = createWorld();
  const response = await world.server.token(tokenRequest(idJag(), { form: { scope: 'chat.history' } }));
  expect(response.headers).toMatchObject({
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'content-type': 'application/json',
  });
  expect(bodyOf(response)).toMatchObject({
    token_type: 'Bearer',
    expires_in: 600,
    scope: 'chat.history',
    resource: 'https://mcp.chat.example/mcp',
  });
  expect(bodyOf(response).refresh_token).toBeUndefined();
});
