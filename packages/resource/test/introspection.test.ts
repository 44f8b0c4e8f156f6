import { formatBasic, newId, plainHeaders } from '@crossgrant/protocol';
import { importSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import type { TrustedIssuer } from '../src/index.ts';
import { expectRefused, redeemed } from './expect-refusal.ts';
import {
  bodyOf,
  chatClient,
  clientId,
  clientSecret,
  createWorld,
  formRequest,
  idJag,
  idp,
  mcpResource,
  nowSeconds,
  otherResource,
  payloadOf,
  self,
  vectors,
  type World,
} from './support.ts';

const at = nowSeconds * 1000;
const mcpServer = formatBasic(mcpResource, 'rs-mcp.chat.example');
const filesServer = formatBasic(otherResource, 'rs-files.chat.example');

async function ask(
  world: World,
  token: string,
  authorization = mcpServer,
  headers: readonly (readonly [string, string])[] = [],
): Promise<Record<string, unknown>> {
  const response = await world.server.introspect(
    formRequest('/introspect', { token }, [['authorization', authorization], ...headers]),
  );
  expect(response.status).toBe(200);
  expect(response.headers['cache-control']).toBe('no-store');
  return bodyOf(response);
}

async function tokenOf(world: World, claims?: Record<string, unknown>): Promise<string> {
  return String((await redeemed(world, idJag(claims))).access_token);
}

const inactive = { active: false };
const change = { id: newId('aud'), scope: 'ras', at, kind: 'change', outcome: 'done' } as const;

verifies(['REV-02', 'STP-05'], 'a live token is described in full to the resource server it was made for', async () => {
  const world = createWorld();
  const token = await tokenOf(world, { act: { sub: 'robot' } });
  const { sub, jti } = payloadOf(token);
  expect(await ask(world, token)).toEqual({
    active: true,
    scope: 'chat.read chat.history',
    client_id: clientId,
    token_type: 'Bearer',
    exp: nowSeconds + 600,
    iat: nowSeconds,
    nbf: nowSeconds,
    sub,
    aud: mcpResource,
    iss: self,
    jti,
    customer: 'chat',
    act: { sub: 'robot' },
    auth_time: nowSeconds - 3600,
    acr: 'phr',
    amr: ['mfa', 'hwk'],
  });
});

verifies(
  ['REV-02', 'LES-76'],
  'another resource server learns nothing but that it is not active, in whatever form it asks',
  async () => {
    const world = createWorld();
    const token = await tokenOf(world);
    for (const accept of ['application/json', 'application/token-introspection+jwt', '*/*']) {
      expect(await ask(world, token, filesServer, [['accept', accept]])).toEqual(inactive);
    }
  },
);

verifies('REV-02', 'whoever is not a resource server with its own secret gets 401', async () => {
  const world = createWorld();
  const token = await tokenOf(world);
  for (const authorization of [
    formatBasic(clientId, clientSecret),
    formatBasic(mcpResource, 'wrong'),
    formatBasic(mcpResource, 'rs-files.chat.example'),
    'Bearer x',
    '',
  ]) {
    const response = await world.server.introspect(
      formRequest('/introspect', { token }, authorization === '' ? [] : [['authorization', authorization]]),
    );
    expect([authorization, response.status, bodyOf(response).error]).toEqual([authorization, 401, 'invalid_client']);
  }
  expectRefused(
    await world.server.introspect(formRequest('/introspect', { token, client_id: mcpResource })),
    'client/method',
  );
  const post = await world.server.introspect(
    formRequest('/introspect', { token, client_id: mcpResource, client_secret: 'rs-mcp.chat.example' }),
  );
  expect(bodyOf(post).active).toBe(true);
});

verifies('REV-02', 'a resource without a secret cannot introspect', async () => {
  const world = createWorld({ resource: { verifyIntrospectionSecret: undefined } });
  const response = await world.server.introspect(
    formRequest('/introspect', { token: 'x' }, [['authorization', mcpServer]]),
  );
  expectRefused(response, 'client/unknown');
});

verifies(
  ['REV-02', 'LES-29'],
  'what is no whole token of ours is inactive: prefixes, other kinds, other signatures',
  async () => {
    const world = createWorld();
    const token = await tokenOf(world);
    const ras = importSigningKey(vectors.private_keys.ras);
    const payload = payloadOf(token);
    const forged = [
      '',
      'x',
      token.slice(0, -1),
      token.slice(0, token.lastIndexOf('.')),
      `${token}x`,
      `${token}.`,
      idJag(),
      vectors.id_token,
      signJws(ras, 'JWT', payload),
      signJws(ras, 'at+jwt', { ...payload, iss: 'https://other.example' }),
      signJws(ras, 'at+jwt', { ...payload, jti: 'tok_unknown' }),
      signJws(ras, 'at+jwt', { ...payload, jti: 7 }),
      signJws(importSigningKey({ ...vectors.private_keys.attacker, alg: 'ES256', kid: 'ras-1' }), 'at+jwt', payload),
    ];
    for (const text of forged.slice(1)) expect(await ask(world, text)).toEqual(inactive);
    expectRefused(
      await world.server.introspect(formRequest('/introspect', {}, [['authorization', mcpServer]])),
      'request/missing-parameter',
    );
  },
);

verifies('REV-02', 'a token is inactive from its expiry on', async () => {
  const world = createWorld();
  const token = await tokenOf(world);
  world.at(599);
  expect(await ask(world, token)).toMatchObject({ active: true });
  world.at(600);
  expect(await ask(world, token)).toEqual(inactive);
});

verifies(['REV-02', 'REV-12', 'LES-20'], 'what a token stands on being gone, it is inactive at once', async () => {
  const gone: Readonly<Record<string, (world: World, accountId: string) => unknown>> = {
    'account disabled': (world, accountId) =>
      world.store.changeAccount({ customerId: 'chat', accountId, state: 'disabled', audit: change }),
    'watermark after sign-on': (world, accountId) =>
      world.store.changeAccount({ customerId: 'chat', accountId, revokedBefore: at, audit: change }),
    'link deactivated': (world) =>
      world.store.deactivateLink({ customerId: 'chat', issuer: idp, tenant: '', subject: 'U019488227' }, change),
    'client blocked': (world) => world.change({ clients: [chatClient({ state: 'blocked' })] }),
    'client removed': (world) => world.change({ clients: [] }),
    'issuer disabled': (world) =>
      world.change({
        trustedIssuers: world.content.trustedIssuers.map((trusted) => ({ ...trusted, state: 'disabled' as const })),
      }),
    'client no longer vouched for': (world) => trust(world, { clients: ['another'] }),
    'client of another customer': (world) => world.change({ clients: [chatClient({ customerIds: ['other'] })] }),
    'issuer of another customer': (world) => trust(world, { customerId: 'other' }),
    'issuer pinned to a tenant': (world) => trust(world, { tenant: { mode: 'single', pin: 't' } }),
    'issuer shared by tenants': (world) => trust(world, { tenant: { mode: 'multi', map: { t: 'chat' } } }),
    'resource closed to the issuer': (world) => trust(world, { resources: [otherResource] }),
    'no scope left at the resource': (world) => narrow(world, ['chat.write']),
    'no scope left to the client': (world) => world.change({ clients: [chatClient({ scopes: ['chat.write'] })] }),
    'no scope left to the account': (world, accountId) =>
      world.store.changeAccount({ customerId: 'chat', accountId, scopes: ['chat.write'], audit: change }),
    'issuer removed': (world) => world.change({ trustedIssuers: [] }),
    'customer disabled': (world) => world.change({ customers: [{ customerId: 'chat', state: 'disabled' }] }),
  };
  for (const [what, happens] of Object.entries(gone)) {
    const world = createWorld();
    const token = await tokenOf(world);
    expect([what, await ask(world, token)]).toEqual([what, expect.objectContaining({ active: true })]);
    await happens(world, String(payloadOf(token).sub));
    expect([what, await ask(world, token)]).toEqual([what, inactive]);
  }
});

verifies(
  'REV-12',
  'without a sign-on time the watermark is held against the time of issue; a later sign-on stays live',
  async () => {
    const world = createWorld();
    const unknown = await tokenOf(world, { auth_time: undefined });
    const accountId = String(payloadOf(unknown).sub);
    await world.store.changeAccount({ customerId: 'chat', accountId, revokedBefore: at, audit: change });
    world.change({ epoch: await world.store.readEpoch() });
    expect(await ask(world, unknown)).toEqual(inactive);
    world.at(5);
    expect(await ask(world, await tokenOf(world, { auth_time: nowSeconds + 2 }))).toMatchObject({ active: true });
  },
);

function trust(world: World, part: Partial<TrustedIssuer>): void {
  world.change({ trustedIssuers: world.content.trustedIssuers.map((trusted) => ({ ...trusted, ...part })) });
}

function narrow(world: World, scopes: readonly string[]): void {
  world.change({ resources: world.content.resources.map((resource) => ({ ...resource, scopes })) });
}

verifies(['LES-20', 'RED-19'], 'a ceiling that was lowered reaches the tokens that are out', async () => {
  const lowered: Readonly<Record<string, (world: World, accountId: string) => unknown>> = {
    resource: (world) => narrow(world, ['chat.read', 'chat.write']),
    client: (world) => world.change({ clients: [chatClient({ scopes: ['chat.read'] })] }),
    account: (world, accountId) =>
      world.store.changeAccount({ customerId: 'chat', accountId, scopes: ['chat.read'], audit: change }),
  };
  for (const [what, lower] of Object.entries(lowered)) {
    const world = createWorld();
    const token = await tokenOf(world);
    await lower(world, String(payloadOf(token).sub));
    expect([what, (await ask(world, token)).scope]).toEqual([what, 'chat.read']);
  }
});

verifies(['RED-16', 'REV-02'], 'a resource that is spelled anew still learns of the tokens made for it', async () => {
  const world = createWorld();
  const token = await tokenOf(world);
  const respelled = mcpResource.replace('https://mcp.', 'HTTPS://MCP.');
  expect(respelled).not.toBe(mcpResource);
  world.change({
    resources: world.content.resources.map((resource) =>
      resource.identifier === mcpResource ? { ...resource, identifier: respelled } : resource,
    ),
  });
  expect(await ask(world, token)).toMatchObject({ active: true });
  expect(await ask(world, token, filesServer)).toEqual(inactive);
});

verifies(
  'REV-12',
  'a token whose sign-on is dated ahead of its issue ends with a revocation after its issue',
  async () => {
    const world = createWorld();
    const token = await tokenOf(world, { auth_time: nowSeconds + 30 });
    const accountId = String(payloadOf(token).sub);
    world.at(5);
    await world.store.changeAccount({ customerId: 'chat', accountId, revokedBefore: at + 5_000, audit: change });
    expect(await ask(world, token)).toEqual(inactive);
  },
);

function revoke(
  world: World,
  form: Record<string, string>,
  credentials: readonly [string, string] = [clientId, clientSecret],
): ReturnType<World['server']['revoke']> {
  return world.server.revoke(formRequest('/revoke', form, [['authorization', formatBasic(...credentials)]]));
}

verifies(['REV-01', 'REV-02'], 'a client ends its own token, and the answer is always 200', async () => {
  const world = createWorld();
  const token = await tokenOf(world);
  const forms: readonly Record<string, string>[] = [
    { token },
    { token },
    { token: 'unknown' },
    { token: idJag() },
    { token, token_type_hint: 'nonsense' },
  ];
  for (const form of forms) {
    const response = await revoke(world, form);
    expect([response.status, response.body, response.headers['cache-control']]).toEqual([200, '', 'no-store']);
  }
  expect(await ask(world, token)).toEqual(inactive);
  expect(world.audit.filter(({ code }) => code === 'token/revoked')).toHaveLength(1);
});

verifies('REV-01', "another client's token is not touched, and the answer does not say so", async () => {
  const world = createWorld();
  world.change({ clients: [...world.content.clients, chatClient({ clientId: 'other-agent' })] });
  const token = await tokenOf(world);
  const response = await revoke(world, { token }, ['other-agent', clientSecret]);
  expect([response.status, response.body]).toEqual([200, '']);
  expect(await ask(world, token)).toMatchObject({ active: true });
});

verifies('REV-01', 'a client that does not prove itself ends nothing', async () => {
  const world = createWorld();
  const token = await tokenOf(world);
  expectRefused(await revoke(world, { token }, [clientId, 'wrong']), 'client/secret');
  expectRefused(await revoke(world, { token }, ['nobody', 'x']), 'client/unknown');
  expectRefused(await world.server.revoke(formRequest('/revoke', { token })), 'client/missing');
  expectRefused(await revoke(world, {}), 'request/missing-parameter');
  expect(await ask(world, token)).toMatchObject({ active: true });
});

test('both endpoints take a POST of one form alone', async () => {
  const world = createWorld();
  for (const endpoint of [world.server.introspect, world.server.revoke]) {
    const good = formRequest('/x', { token: 'x' }, [['authorization', mcpServer]]);
    expectRefused(await endpoint({ ...good, method: 'GET' }), 'request/method');
    expectRefused(await endpoint({ ...good, headers: plainHeaders([]) }), 'request/media-type');
    expectRefused(await endpoint({ ...good, body: 'token=x&token=y' }), 'request/duplicate-parameter');
  }
});

verifies(
  ['REV-14', 'LES-20'],
  'a directory that missed a change is read again before a token is called live',
  async () => {
    const world = createWorld();
    const token = await tokenOf(world);
    world.content = { ...world.content, clients: [chatClient({ state: 'blocked' })] };
    await world.store.declareAccount({ customerId: 'chat', accountId: 'acc_other', at });
    expect(await ask(world, token)).toEqual(inactive);
    expect(world.refreshes).toBe(1);
  },
);
