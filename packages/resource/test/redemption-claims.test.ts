import { generateKeyPairSync, sign } from 'node:crypto';
import { pinnedIssuerKeys } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { expectRefusal, redeemed } from './expect-refusal.ts';
import {
  chatClient,
  clientId,
  createWorld,
  idJag,
  idp,
  nowSeconds,
  payloadOf,
  self,
  trustedIssuer,
  vectors,
} from './support.ts';

verifies(
  ['RED-05', 'ATK-08', 'ATK-59'],
  'every other kind of token that the issuer signs ends at the profile dispatch',
  async () => {
    const world = createWorld();
    for (const typ of [
      'JWT',
      'at+jwt',
      'logout+jwt',
      'secevent+jwt',
      'client-authentication+jwt',
      'dpop+jwt',
      'oauth-id-jag+jwt ',
      'application/application/oauth-id-jag+jwt',
    ]) {
      await expectRefusal(world, idJag({}, { typ }), 'assertion/typ');
    }
    for (const token of [vectors.id_token, vectors.logout_token, vectors.set_session_revoked_es256])
      await expectRefusal(world, token, 'assertion/typ');
    await redeemed(world, idJag({}, { typ: 'Application/OAuth-ID-JAG+jwt' }));
    expect(world.keyLookUps).toEqual([idp]);
  },
);

verifies('RED-06', 'two, four and five parts, padding and duplicate members are no assertion', async () => {
  const world = createWorld();
  const good = idJag();
  const [header = '', payload = '', signature = ''] = good.split('.');
  await expectRefusal(world, `${header}.${payload}`, 'assertion/malformed');
  await expectRefusal(world, `${good}.x`, 'assertion/malformed');
  await expectRefusal(world, `${header}.${payload}..x.${signature}`, 'assertion/encrypted');
  await expectRefusal(world, `${header}.${payload}.${signature}=`, 'assertion/malformed');
  await expectRefusal(world, `${header}.${payload}.`, 'assertion/malformed');
  const twice = Buffer.from(`{"iss":"${idp}","iss":"${idp}"}`).toString('base64url');
  await expectRefusal(world, `${header}.${twice}.${signature}`, 'assertion/malformed');
  await expectRefusal(
    world,
    `${header}.${Buffer.from('[]').toString('base64url')}.${signature}`,
    'assertion/malformed',
  );
  expect(world.keyLookUps).toEqual([]);
});

verifies('RED-07', 'an algorithm that this issuer may not use is refused though it is a good one', async () => {
  const world = createWorld({ trusted: { algorithms: ['RS256'] } });
  await expectRefusal(world, idJag(), 'assertion/header');
  expect(world.keyLookUps).toEqual([]);
});

verifies(['RED-07', 'ATK-47'], 'critical extensions, unencoded payloads and compression are refused', async () => {
  const world = createWorld();
  for (const header of [{ crit: ['x'] }, { crit: ['b64'], b64: false }, { b64: false }, { zip: 'DEF' }]) {
    await expectRefusal(world, idJag({}, { header }), 'assertion/header');
  }
});

verifies(
  ['RED-08', 'ATK-20'],
  'an issuer that only looks like a trusted one is unknown, and nothing is looked up',
  async () => {
    const world = createWorld();
    for (const iss of [
      `${idp}/`,
      idp.toUpperCase(),
      `${idp}:443`,
      'https://user@acme.idp.example',
      'https://acme.idp.example.evil.example',
      '__proto__',
      1,
      null,
      [idp],
      {},
    ]) {
      await expectRefusal(world, idJag({ iss }), 'assertion/issuer-unknown');
    }
    await expectRefusal(world, idJag({ iss: undefined }), 'assertion/issuer-unknown');
    expect(world.keyLookUps).toEqual([]);
  },
);

verifies(['RED-08', 'LES-20'], 'a disabled issuer is refused at once', async () => {
  const world = createWorld({ trusted: { state: 'disabled' } });
  await expectRefusal(world, idJag(), 'assertion/issuer-disabled');
  expect(world.keyLookUps).toEqual([]);
});

verifies(['RED-08', 'ATK-38'], 'what names this server as its issuer is refused, trusted or not', async () => {
  const world = createWorld({ moreIssuers: [trustedIssuer(self, 'idp')] });
  await expectRefusal(world, idJag({ iss: self }), 'assertion/issuer-self');
});

verifies(
  ['RED-09', 'KEY-06', 'ATK-06'],
  'a key of another trusted issuer does not verify, whatever kid it names',
  async () => {
    const world = createWorld();
    await expectRefusal(world, idJag({ iss: idp }, { key: 'idp2' }), 'assertion/key-unknown');
    const other = {
      ...vectors.jwks.idp2,
      keys: (vectors.jwks.idp2.keys as object[]).map((key) => ({ ...key, kid: 'idp-2026-11' })),
    };
    const confused = createWorld({
      moreIssuers: [trustedIssuer('https://third.example', 'idp2', [], { keys: pinnedIssuerKeys(other) })],
    });
    await expectRefusal(confused, idJag({ iss: 'https://third.example' }), 'assertion/signature');
  },
);

verifies(['RED-09', 'ATK-04', 'LES-34'], 'no text derived from the public key signs as a secret', async () => {
  const world = createWorld();
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'oauth-id-jag+jwt', kid: 'idp-2026-11' })).toString(
    'base64url',
  );
  const [, payload = ''] = idJag().split('.');
  await expectRefusal(world, `${header}.${payload}.AAAA`, 'assertion/header');
});

verifies(
  ['RED-10', 'ATK-46', 'LES-35'],
  'claims that are absent or of a wrong type are refused, never 500',
  async () => {
    const world = createWorld();
    const wrong: readonly Record<string, unknown>[] = [
      ...['sub', 'aud', 'client_id', 'jti', 'iat', 'exp'].flatMap((claim) => [
        { [claim]: undefined },
        { [claim]: null },
        { [claim]: {} },
        { [claim]: true },
      ]),
      { sub: '' },
      { sub: ['U019488227'] },
      { jti: 7 },
      { jti: '' },
      { exp: '1795478690' },
      { exp: nowSeconds + 0.5 },
      { exp: -1 },
      { exp: 1e308 },
      { iat: [] },
      { aud: [self, 7] },
      { nbf: '1' },
      { tenant: 7 },
      { email_verified: 'true' },
      { auth_time: 'now' },
      { amr: 'mfa' },
      { session_expiry: 'x' },
    ];
    for (const claims of wrong) await expectRefusal(world, idJag(claims), 'assertion/claims');
  },
);

verifies('RED-11', 'an assertion past exp plus skew is refused, a second earlier it is accepted', async () => {
  const world = createWorld();
  world.at(290 + 29);
  await redeemed(world, idJag());
  world.at(290 + 30);
  await expectRefusal(world, idJag(), 'assertion/expired');
  await expectRefusal(world, idJag({ exp: 0, iat: 0 }), 'assertion/expired');
});

verifies(['RED-11', 'ATK-45'], 'iat and nbf may lie ahead by the skew and no further', async () => {
  const world = createWorld();
  await redeemed(world, idJag({ iat: nowSeconds + 30, nbf: nowSeconds + 30 }));
  await expectRefusal(world, idJag({ iat: nowSeconds + 31 }), 'assertion/not-yet-valid');
  await expectRefusal(world, idJag({ nbf: nowSeconds + 31 }), 'assertion/not-yet-valid');
});

verifies(['RED-11', 'ATK-44'], 'the life of an assertion is capped per issuer and must be positive', async () => {
  await expectRefusal(createWorld(), idJag({ exp: nowSeconds - 10 + 301 }), 'assertion/lifetime');
  await expectRefusal(createWorld(), idJag({ iat: nowSeconds + 20, exp: nowSeconds + 20 }), 'assertion/lifetime');
  await redeemed(createWorld({ trusted: { lifetimeCapSeconds: 600 } }), idJag({ exp: nowSeconds - 10 + 600 }));
});

verifies(['RED-12', 'ATK-01', 'ATK-39'], 'only the issuer of this server, as one value, is the audience', async () => {
  const world = createWorld();
  for (const aud of [
    'https://auth.other.example',
    `${self}/token`,
    'https://mcp.chat.example/mcp',
    [self, 'https://b.example'],
    [self, self],
    [],
    self.toUpperCase(),
  ]) {
    await expectRefusal(world, idJag({ aud }), 'assertion/audience');
  }
  await redeemed(world, idJag({ aud: [self] }));
});

verifies(
  'RED-12',
  'the other spelling of an origin-only issuer is an audience only where the issuer is configured so',
  async () => {
    await expectRefusal(createWorld(), idJag({ aud: `${self}/` }), 'assertion/audience');
    await redeemed(createWorld({ trusted: { toleratesTrailingSlash: true } }), idJag({ aud: `${self}/` }));
    await expectRefusal(
      createWorld({ trusted: { toleratesTrailingSlash: true } }),
      idJag({ aud: `${self}//` }),
      'assertion/audience',
    );
  },
);

verifies(
  ['RED-14', 'ATK-10', 'ATK-13', 'ATK-14'],
  'a grant made for another client is refused, and not burnt for it',
  async () => {
    const world = createWorld();
    const other = chatClient({ clientId: 'other-agent' });
    world.change({ clients: [...world.content.clients, other] });
    const assertion = idJag();
    await expectRefusal(world, assertion, 'assertion/client', { credentials: ['other-agent', 's3cret'] });
    await redeemed(world, assertion);
  },
);

verifies(['RED-14', 'SUB-01'], 'an issuer vouches only for the clients of its trust entry', async () => {
  await expectRefusal(
    createWorld({ trusted: { clients: ['another-agent'] } }),
    idJag(),
    'assertion/client-not-vouched',
  );
  await redeemed(createWorld({ trusted: { clients: [clientId] } }), idJag());
});

verifies(
  ['RED-21', 'ATK-32'],
  'authorization details restrict, and are refused in the claim as in the request',
  async () => {
    const world = createWorld();
    for (const details of [[{ type: 'chat' }], [], {}, 'x', null])
      await expectRefusal(world, idJag({ authorization_details: details }), 'assertion/authorization-details');
    await expectRefusal(world, idJag(), 'assertion/authorization-details', {
      form: { authorization_details: '[{"type":"chat"}]' },
    });
  },
);

verifies(
  ['ACT-03', 'ATK-37'],
  'an actor is kept, widens nothing, and is refused when malformed or too deep',
  async () => {
    const world = createWorld();
    const act = { sub: 'robot', act: { sub: 'scheduler' } };
    const body = await redeemed(world, idJag({ act, scope: 'chat.read' }));
    expect(payloadOf(body.access_token)).toMatchObject({ act, scope: 'chat.read' });
    expect(world.audit.at(-1)?.facts).toMatchObject({ actor: act });
    const deep = { sub: '1', act: { sub: '2', act: { sub: '3', act: { sub: '4', act: { sub: '5' } } } } };
    for (const bad of ['robot', [], {}, { sub: 7 }, deep])
      await expectRefusal(world, idJag({ act: bad }), 'assertion/actor');
  },
);

verifies(
  ['RED-30', 'STP-05', 'ACT-02'],
  'the access token is for the account here, with how and when the person signed on',
  async () => {
    const world = createWorld();
    const body = await redeemed(world, idJag());
    const [header] = String(body.access_token).split('.');
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: 'ras-1',
    });
    const { sub, jti, ...rest } = payloadOf(body.access_token);
    expect(rest).toEqual({
      iss: self,
      aud: 'https://mcp.chat.example/mcp',
      client_id: clientId,
      customer: 'chat',
      iat: nowSeconds,
      exp: nowSeconds + 600,
      scope: 'chat.read chat.history',
      auth_time: nowSeconds - 3600,
      acr: 'phr',
      amr: ['mfa', 'hwk'],
    });
    expect([String(sub), String(jti)]).toEqual([expect.stringMatching(/^acc_/), expect.stringMatching(/^tok_/)]);
  },
);

verifies(['RED-29', 'LES-21'], 'an access token never outlives the session, nor the configured life', async () => {
  const ends = async (claims: object, seconds?: number): Promise<unknown> =>
    (
      await redeemed(
        createWorld({ resource: seconds === undefined ? {} : { accessTokenSeconds: seconds } }),
        idJag(claims as Record<string, unknown>),
      )
    ).expires_in;
  expect(await ends({})).toBe(600);
  expect(await ends({}, 60)).toBe(60);
  expect(await ends({ session_expiry: nowSeconds + 100 })).toBe(100);
  expect(await ends({ session_expiry: nowSeconds + 5_000 })).toBe(600);
  await expectRefusal(createWorld(), idJag({ session_expiry: nowSeconds }), 'assertion/session-ended');
});

verifies(['RED-09', 'ATK-05'], 'a key inside the header is not even looked at', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [, payload = ''] = idJag().split('.');
  const header = {
    alg: 'ES256',
    typ: 'oauth-id-jag+jwt',
    kid: 'idp-2026-11',
    jwk: publicKey.export({ format: 'jwk' }),
    x5u: 'https://evil.example',
    x5c: ['x'],
  };
  const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
  await expectRefusal(createWorld(), `${input}.${signature}`, 'assertion/signature');
});
