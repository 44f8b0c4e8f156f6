import { type IssuerKeys, pinnedIssuerKeys } from '@crossgrant/platform';
import { formatBasic, grantTypes, profiles, type RefusalCode, typs } from '@crossgrant/protocol';
import { generateSigningKey, importSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import { expectRefused } from './expect-refusal.ts';
import {
  bodyOf,
  clientId,
  clientSecret,
  createWorld,
  formRequest,
  idJag,
  nowSeconds,
  self,
  tokenRequest,
  vectors,
  type World,
  type WorldOptions,
} from './support.ts';

const key = importSigningKey(vectors.private_keys.client);
const keys = pinnedIssuerKeys(vectors.jwks.client);
const assertions = { keys, tokenEndpointAudience: false };
const byKey: WorldOptions['client'] = { authMethods: ['private_key_jwt'], verifySecret: undefined, assertions };
let serial = 0;

/** A sound assertion, some of its claims overridden. */
function assertion(claims: Record<string, unknown> = {}, typ: string | undefined = typs.clientAssertion): string {
  serial += 1;
  const sound = { iss: clientId, sub: clientId, aud: self, jti: `t-${serial}`, iat: nowSeconds, exp: nowSeconds + 60 };
  return signJws(key, typ, { ...sound, ...claims });
}

const proof = (clientAssertion: string) => ({
  client_assertion_type: profiles.clientAssertionType,
  client_assertion: clientAssertion,
});

function redeemWith(world: World, clientAssertion: string, form: Record<string, string | undefined> = {}) {
  return world.server.token(tokenRequest(idJag(), { auth: 'none', form: { ...proof(clientAssertion), ...form } }));
}

describe('signed client assertions', () => {
  const { client_assertions: given } = vectors;
  const stated: readonly (readonly [keyof typeof given, RefusalCode | undefined, readonly string[]])[] = [
    ['ok.at-ras', undefined, ['CAU-01']],
    ['legacy.typ-jwt', undefined, ['CAU-03']],
    ['bad.aud-token-endpoint', 'client/assertion-audience', ['CAU-02', 'ATK-56']],
    ['bad.aud-two', 'client/assertion-audience', ['CAU-02', 'ATK-56']],
    ['ok.at-idp', 'client/unknown', ['CAU-01', 'ATK-56']],
  ];
  for (const [name, refused, ids] of stated) {
    verifies(ids, `${name} → ${refused ?? '200'}`, async () => {
      const response = await redeemWith(createWorld({ client: byKey }), given[name]);
      if (refused === undefined) expect(response.status, response.body).toBe(200);
      else expectRefused(response, refused);
    });
  }

  verifies(
    'CAU-02',
    'the switch of one client lets its assertions name the token endpoint, and nothing else',
    async () => {
      const world = createWorld({ client: { ...byKey, assertions: { keys, tokenEndpointAudience: true } } });
      expect((await redeemWith(world, given['bad.aud-token-endpoint'])).status).toBe(200);
      expect((await redeemWith(world, given['ok.at-ras'])).status).toBe(200);
      expectRefused(await redeemWith(world, given['bad.aud-two']), 'client/assertion-audience');
      expectRefused(await redeemWith(world, assertion({ aud: `${self}/revoke` })), 'client/assertion-audience');
    },
  );
});

verifies(
  ['CAU-03', 'ATK-56'],
  'an assertion counts once: at redemption, after a refusal, and at revocation',
  async () => {
    const world = createWorld({ client: byKey });
    const once = assertion();
    expect((await redeemWith(world, once)).status).toBe(200);
    expectRefused(await redeemWith(world, once), 'client/assertion-replayed');
    expect(world.audit.at(-1)).toMatchObject({ code: 'client/assertion-replayed', client: clientId });

    const refused = assertion();
    const request = tokenRequest('x.y.z', { auth: 'none', form: proof(refused) });
    expectRefused(await world.server.token(request), 'assertion/malformed');
    expectRefused(await redeemWith(world, refused), 'client/assertion-replayed');

    const replaying = assertion();
    const jag = idJag();
    const present = (one: string) => world.server.token(tokenRequest(jag, { auth: 'none', form: proof(one) }));
    expect((await present(assertion())).status).toBe(200);
    expectRefused(await present(replaying), 'assertion/replayed');
    expectRefused(await redeemWith(world, replaying), 'client/assertion-replayed');

    const revoking = assertion();
    const revoke = () => world.server.revoke(formRequest('/revoke', { token: 'unknown', ...proof(revoking) }));
    expect((await revoke()).status).toBe(200);
    expectRefused(await revoke(), 'client/assertion-replayed');
    expectRefused(await redeemWith(world, revoking), 'client/assertion-replayed');
  },
);

verifies('CAU-03', 'an assertion is remembered for as long as it would be accepted', async () => {
  const world = createWorld({ client: byKey });
  const once = assertion({ exp: nowSeconds + 60 });
  expect((await redeemWith(world, once)).status).toBe(200);
  world.at(89);
  expectRefused(await redeemWith(world, once), 'client/assertion-replayed');
  world.at(90);
  expectRefused(await redeemWith(world, once), 'client/assertion-time');
});

verifies(['CAU-03', 'RED-26'], 'parallel uses of one assertion give one token', async () => {
  const world = createWorld({ client: byKey });
  const once = assertion();
  const answers = await Promise.all(Array.from({ length: 8 }, () => redeemWith(world, once)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
});

verifies('CAU-03', 'two clients may use the same jti', async () => {
  const world = createWorld({ client: byKey });
  const other = { ...world.content.clients[0], clientId: 'other' } as (typeof world.content.clients)[number];
  world.change({ clients: [...world.content.clients, other] });
  const jti = 'same';
  const redeemAs = (id: string) =>
    world.server.token(
      tokenRequest(idJag({ client_id: id }), { auth: 'none', form: proof(assertion({ iss: id, sub: id, jti })) }),
    );
  expect((await redeemAs(clientId)).status).toBe(200);
  expect((await redeemAs('other')).status).toBe(200);
  expectRefused(await redeemAs('other'), 'client/assertion-replayed');
});

verifies(
  'LES-28',
  'a client that signs is no longer a client with a secret, whatever stands beside the secret',
  async () => {
    const verifySecret = (secret: string): boolean => secret === clientSecret;
    const world = createWorld({ client: { ...byKey, verifySecret } });
    expectRefused(await world.server.token(tokenRequest(idJag())), 'client/method');
    expectRefused(await world.server.token(tokenRequest(idJag(), { form: proof('junk') })), 'client/several-methods');
    expectRefused(await redeemWith(world, assertion(), { client_secret: clientSecret }), 'client/several-methods');
    expectRefused(
      await world.server.token(tokenRequest(idJag(), { auth: 'none', form: { client_id: clientId } })),
      'client/method',
    );
    const secretOnly = createWorld();
    expectRefused(await redeemWith(secretOnly, assertion()), 'client/method');
  },
);

verifies(
  ['CAU-01', 'CAU-03', 'KEY-06', 'ATK-08'],
  'what is not signed by this client for this purpose proves nothing',
  async () => {
    const world = createWorld({ client: byKey });
    const stranger = generateSigningKey('ES256', key.kid);
    const claims = { iss: clientId, sub: clientId, aud: self, jti: 'x', iat: nowSeconds, exp: nowSeconds + 60 };
    expectRefused(await redeemWith(world, signJws(stranger, undefined, claims)), 'client/assertion-signature');
    expectRefused(
      await redeemWith(world, signJws(generateSigningKey('ES256', 'k9'), undefined, claims)),
      'client/assertion-signature',
    );
    expectRefused(await redeemWith(world, assertion().replace(/[^.]+$/, 'AAAA')), 'client/assertion-signature');
    expectRefused(await redeemWith(world, assertion({}, 'dpop+jwt')), 'client/assertion-typ');
    expectRefused(await redeemWith(world, assertion({ sub: 'other' })), 'client/assertion-issuer');
    expectRefused(await redeemWith(world, assertion({ iss: 'nobody', sub: 'nobody' })), 'client/unknown');
    expectRefused(await redeemWith(world, assertion({ jti: undefined })), 'client/assertion-malformed');
    expectRefused(await redeemWith(world, assertion({ jti: '' })), 'client/assertion-malformed');
    expectRefused(await redeemWith(world, assertion({ exp: nowSeconds + 301 })), 'client/assertion-time');
    expectRefused(await redeemWith(world, assertion({ exp: nowSeconds - 30 })), 'client/assertion-time');
    for (const junk of ['junk', 'a.b.c', 'x'.repeat(16_385), '....'])
      expectRefused(await redeemWith(world, junk), 'client/assertion-malformed');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${assertion().split('.')[1]}.AA`;
    expectRefused(await redeemWith(world, none), 'client/assertion-signature');
    expectRefused(await redeemWith(world, assertion(), { client_id: 'other' }), 'client/identifier-mismatch');
    expectRefused(
      await redeemWith(world, assertion(), { client_assertion_type: 'urn:example:other' }),
      'client/assertion-type',
    );
    expect(world.audit).toEqual([]);
  },
);

verifies('LES-20', 'a blocked client is refused with its sound assertion', async () => {
  const world = createWorld({ client: { ...byKey, state: 'blocked' } });
  expectRefused(await redeemWith(world, assertion()), 'client/blocked');
});

test('an assertion in the header form of a secret proves nothing', async () => {
  const world = createWorld({ client: byKey });
  const headers = [['authorization', formatBasic(clientId, assertion())]] as const;
  expectRefused(await world.server.token(tokenRequest(idJag(), { auth: 'none', headers })), 'client/method');
});

verifies('KEY-05', 'keys that cannot be had are 503, and the assertion stays good', async () => {
  let isDown = true;
  const flaky: IssuerKeys = {
    find: async (kid, alg) => {
      if (isDown) throw new (await import('@crossgrant/platform')).KeysUnavailable('down');
      return keys.find(kid, alg);
    },
  };
  const world = createWorld({ client: { ...byKey, assertions: { keys: flaky, tokenEndpointAudience: false } } });
  const once = assertion();
  const response = await redeemWith(world, once);
  expect({ status: response.status, error: bodyOf(response).error }).toEqual({
    status: 503,
    error: 'temporarily_unavailable',
  });
  isDown = false;
  expect((await redeemWith(world, once)).status).toBe(200);
});

test('the grant a client signs for is named in the form, not in the assertion', async () => {
  const world = createWorld({ client: byKey });
  expectRefused(await redeemWith(world, assertion(), { grant_type: grantTypes.tokenExchange }), 'request/grant-type');
});
