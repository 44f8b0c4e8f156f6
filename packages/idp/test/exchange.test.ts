import { importJwks, parseCompactJws, verifyJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, files, type IdpWorld, issuer, mcp, ras, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld();
});
afterAll(() => world.close());

verifies(
  ['TEX-20', 'TEX-21', 'TEX-22'],
  'a granted exchange is answered with the ID-JAG, its type, scope and life, and nothing to renew it',
  async () => {
    const { status, headers, body } = await world.exchange({ scope: 'chat.read chat.write' });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      token_type: 'N_A',
      scope: 'chat.read',
      resource: mcp,
      expires_in: 300,
    });
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'issued_token_type',
      'resource',
      'scope',
      'token_type',
    ]);
  },
);

verifies(
  [
    'IDJ-01',
    'IDJ-02',
    'IDJ-03',
    'IDJ-04',
    'IDJ-05',
    'IDJ-07',
    'IDJ-08',
    'IDJ-10',
    'IDJ-11',
    'IDJ-13',
    'IDJ-14',
    'ATK-63',
  ],
  'the ID-JAG says who, for whom, what and how they signed on',
  async () => {
    const { body } = await world.exchange({ audience: 'urn:example:chat' });
    const { header, payload } = decode(body.access_token);
    expect(header).toEqual({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: expect.any(String) });
    expect(payload).toEqual({
      jti: expect.stringMatching(/^[0-9a-z]{26,}$/),
      iss: issuer,
      sub: await world.userId('ada'),
      aud: ras,
      client_id: 'agent-at-chat',
      iat: world.nowSeconds,
      exp: world.nowSeconds + 300,
      resource: mcp,
      scope: 'chat.read',
      auth_time: world.nowSeconds - 100,
      acr: 'urn:crossgrant:acr:password',
      amr: ['pwd'],
      session_expiry: expect.any(Number),
    });
    const again = decode((await world.exchange()).body.access_token);
    expect(again.payload.jti).not.toBe(payload.jti);
  },
);

verifies(
  ['IDJ-21', 'IDJ-01'],
  'the ID-JAG verifies with the published keys, by the algorithm of the resource app',
  async () => {
    const jwks = (await (await fetch(`${world.idp.url}/jwks.json`)).json()) as unknown;
    for (const [over, alg] of [
      [{}, 'ES256'],
      [{ audience: 'https://wiki.example', resource: 'https://wiki.example', scope: 'wiki.read' }, 'RS256'],
    ] as const) {
      const { body } = await world.exchange(over);
      const parsed = parseCompactJws(String(body.access_token));
      expect(parsed.ok && parsed.value.header).toEqual({ alg, typ: 'oauth-id-jag+jwt', kid: expect.any(String) });
      expect(parsed.ok && verifyJws(parsed.value, importJwks(jwks).keys, [alg]).ok).toBe(true);
    }
  },
);

verifies(
  ['IDJ-05', 'IDJ-06', 'IDJ-14', 'IDJ-15', 'ATK-63'],
  'a pairwise resource app sees a subject of its own, always the same, and e-mail only where asked for',
  async () => {
    const wiki = { audience: 'https://wiki.example', resource: undefined, scope: undefined };
    const first = decode((await world.exchange(wiki)).body.access_token).payload;
    const second = decode((await world.exchange(wiki)).body.access_token).payload;
    const other = decode(
      (await world.exchange({ ...wiki, subject_token: await world.idToken({ person: 'carl' }) })).body.access_token,
    ).payload;
    expect(first).toMatchObject({
      tenant: 't_acme',
      email: 'ada@acme.example',
      email_verified: true,
      client_id: 'agent-at-wiki',
    });
    expect(first.sub).toMatch(/^[0-9a-z]{26,}$/);
    expect(first.sub).toBe(second.sub);
    expect(other.sub).not.toBe(first.sub);
    expect(other.email_verified).toBe(false);
    const rows = await world.idp.database.kysely
      .selectFrom('subjects')
      .selectAll()
      .where('subject', '=', String(first.sub))
      .execute();
    expect(rows).toHaveLength(1);
    const twin = world.idp.database.kysely.insertInto('subjects').values({ ...rows[0]!, user_id: 'usr_other' });
    await expect(twin.execute()).rejects.toThrow(/unique/i);
  },
);

verifies('IDJ-08', 'a connection shortens the life', async () => {
  const { body } = await world.exchange({ audience: 'https://wiki.example', resource: undefined, scope: 'wiki.read' });
  expect(body.expires_in).toBe(120);
});

verifies(['TEX-15', 'TEX-19'], 'without resource and scope the defaults are granted and named', async () => {
  const { body } = await world.exchange({ resource: undefined, scope: undefined });
  expect(body).toMatchObject({ scope: 'chat.read', resource: mcp });
  expect(decode(body.access_token).payload).toMatchObject({ scope: 'chat.read', resource: mcp });
});

verifies(['TEX-17', 'IDJ-10', 'IDJ-11'], 'several resources come as an array, scopes as one string', async () => {
  const { body } = await world.exchange({ resource: [mcp, files], scope: 'chat.read files.read chat.purge' });
  expect(decode(body.access_token).payload).toMatchObject({ resource: [mcp, files], scope: 'chat.read files.read' });
  expect(body.scope).toBe('chat.read files.read');
});

verifies(
  ['TEX-13', 'IDJ-03'],
  'an alias and the slash variant are understood, and the registered issuer is emitted',
  async () => {
    for (const audience of [ras, `${ras}/`, 'urn:example:chat']) {
      const { body } = await world.exchange({ audience });
      expect(decode(body.access_token).payload.aud).toBe(ras);
    }
  },
);

verifies(['TEX-14', 'ATK-30'], 'another spelling of a registered resource is emitted as registered', async () => {
  const { body } = await world.exchange({ resource: 'HTTPS://mcp.chat.example:443/mcp' });
  expect(body.resource).toBe(mcp);
});

verifies(
  ['CID-01', 'CID-02'],
  'the client id at the resource comes from the connection, whatever the request says',
  async () => {
    const { body } = await world.exchange({ resource_client_id: 'admin', requested_client_id: 'admin' });
    expect(decode(body.access_token).payload.client_id).toBe('agent-at-chat');
  },
);

test('an ES256 ID token and Basic authentication work too', async () => {
  const basic = `Basic ${btoa('agent:agent-secret-0123456789abcdef')}`;
  const { status } = await world.exchange(
    { client_id: undefined, client_secret: undefined, subject_token: await world.idToken({ alg: 'ES256' }) },
    { headers: { authorization: basic } },
  );
  expect(status).toBe(200);
});

test('every issuance is stored, without the ID-JAG', async () => {
  const { body } = await world.exchange();
  const { payload } = decode(body.access_token);
  const row = await world.idp.database.kysely
    .selectFrom('issuances')
    .selectAll()
    .where('jti', '=', String(payload.jti))
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({
    audience: ras,
    resource_client_id: 'agent-at-chat',
    resources: JSON.stringify([mcp]),
    scopes: '["chat.read"]',
    expires_at: Number(payload.exp) * 1000,
  });
  expect(JSON.stringify(row)).not.toContain('eyJ');
});

verifies(
  ['IDJ-21', 'KEY-01', 'KEY-06'],
  'ID-JAGs are signed by every algorithm a resource app can be registered with, each by a key of its own',
  async () => {
    const algorithms = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'] as const;
    const apps = algorithms.map((alg) => ({
      id: alg,
      issuer: `https://${alg.toLowerCase()}.example`,
      signingAlgorithm: alg,
      resources: [
        { identifier: `https://${alg.toLowerCase()}.example/mcp`, scopes: { read: { risk: 'read' as const } } },
      ],
    }));
    const connections = algorithms.map((alg) => ({
      client: 'agent',
      resourceApp: alg,
      resourceClientId: 'agent-there',
      scopes: ['read'],
      state: 'approved' as const,
    }));
    const rules = [{ id: 'engineers', effect: 'allow' as const, groups: ['engineering'] }];
    const own = await startIdpWorld({ policy: { resourceApps: apps, connections, rules } });
    const { keys } = (await (await fetch(`${own.idp.url}/jwks.json`)).json()) as { keys: { alg: string }[] };
    expect(keys.map(({ alg }) => alg).toSorted()).toEqual([...algorithms].toSorted());
    for (const [index, app] of apps.entries()) {
      const subject = { subject_token: await own.idToken() };
      const { body } = await own.exchange({ ...subject, audience: app.issuer, resource: undefined, scope: undefined });
      const parsed = parseCompactJws(String(body.access_token));
      expect(parsed.ok && parsed.value.header.alg).toBe(algorithms[index]);
      expect(parsed.ok && verifyJws(parsed.value, importJwks({ keys }).keys, algorithms).ok).toBe(true);
    }
    await own.close();
  },
);
