import { sign } from 'node:crypto';
import { grantTypes, tokenTypes } from '@crossgrant/protocol';
import { signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Answer, botSecret, type IdpWorld, issuer, mcp, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld();
});
afterAll(() => world.close());

/** The wire says the OAuth error, the audit log says the code. */
async function expectRefused(answer: Answer, status: number, error: string, code?: string): Promise<void> {
  expect(answer.body).toMatchObject({ error, error_uri: `${issuer}/explain/${answer.id}` });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  if (code !== undefined) {
    expect(await world.audit(answer.id)).toMatchObject({ code });
  }
}

verifies('TEX-01', 'only a form, with every parameter once, is read', async () => {
  await expectRefused(
    await world.exchange({}, { headers: { 'content-type': 'application/json' } }),
    415,
    'invalid_request',
  );
  await expectRefused(await world.exchange({ scope: ['chat.read', 'chat.history'] }), 400, 'invalid_request');
  await expectRefused(await world.exchange({ grant_type: '' }), 400, 'invalid_request');
  await expectRefused(await world.exchange({ grant_type: undefined }), 400, 'invalid_request');
  expect((await world.exchange({ actor_token: '' })).status).toBe(200);
  expect((await fetch(`${world.idp.url}/token`)).status).toBe(405);
});

verifies(['TEX-04'], 'a grant that nobody serves is unsupported', async () => {
  await expectRefused(await world.exchange({ grant_type: grantTypes.jwtBearer }), 400, 'unsupported_grant_type');
});

verifies('TEX-02', 'exactly one audience', async () => {
  await expectRefused(
    await world.exchange({ audience: undefined }),
    400,
    'invalid_request',
    'exchange/audience-missing',
  );
  await expectRefused(
    await world.exchange({ audience: ['https://a.example', 'https://b.example'] }),
    400,
    'invalid_request',
  );
});

verifies(['TEX-03', 'LES-28'], 'the client is proven before anything else is looked at', async () => {
  for (const over of [
    { client_secret: 'wrong' },
    { client_id: 'nobody' },
    { client_secret: undefined },
    { client_id: undefined, client_secret: undefined },
  ]) {
    await expectRefused(
      await world.exchange({ ...over, subject_token: 'junk', audience: 'https://unknown.example' }),
      401,
      'invalid_client',
    );
  }
  const basic = await world.exchange(
    { client_id: undefined, client_secret: undefined },
    { headers: { authorization: `Basic ${btoa('agent:wrong')}` } },
  );
  expect(basic.headers.get('www-authenticate')).toMatch(/^Basic /);
});

verifies(['TEX-03', 'CAU-04', 'ATK-40'], 'a public client may not exchange', async () => {
  await expectRefused(
    await world.exchange({ client_id: 'open', client_secret: undefined }),
    400,
    'unauthorized_client',
    'client/public',
  );
});

verifies(['TEX-04', 'LES-19'], 'a client not registered for the grant may not use it', async () => {
  await expectRefused(
    await world.exchange({ client_id: 'plain', client_secret: botSecret }),
    400,
    'unauthorized_client',
    'client/grant-not-registered',
  );
});

verifies('TEX-05', 'only ID-JAGs can be asked for', async () => {
  for (const type of [undefined, tokenTypes.accessToken, 'x']) {
    await expectRefused(
      await world.exchange({ requested_token_type: type }),
      400,
      'invalid_request',
      'exchange/requested-token-type',
    );
  }
});

verifies('TEX-06', 'only ID tokens and refresh tokens are subjects', async () => {
  for (const type of [tokenTypes.accessToken, tokenTypes.saml2, tokenTypes.jwt]) {
    await expectRefused(
      await world.exchange({ subject_token_type: type }),
      400,
      'invalid_request',
      'exchange/subject-token-type',
    );
  }
  await expectRefused(await world.exchange({ subject_token_type: undefined }), 400, 'invalid_request');
});

verifies(
  'LES-18',
  'a subject token that is too long, empty or blank is refused, and nobody else stands in',
  async () => {
    for (const token of ['x'.repeat(16_385), '', '   ']) {
      await expectRefused(await world.exchange({ subject_token: token }), 400, 'invalid_request');
    }
  },
);

verifies(
  ['TEX-07', 'TEX-09', 'IDJ-13', 'ATK-41', 'ATK-42'],
  'an ID token of another issuer, client, key or time is refused',
  async () => {
    const now = world.nowSeconds;
    const cases: [Record<string, unknown>, string][] = [
      [{ iss: 'https://other.example' }, 'subject-token/issuer'],
      [{ aud: 'bot' }, 'subject-token/audience'],
      [{ aud: ['agent', 'bot'] }, 'subject-token/audience'],
      [{ aud: [] }, 'subject-token/audience'],
      [{ exp: now }, 'subject-token/expired'],
      [{ exp: 'soon' }, 'subject-token/claims'],
      [{ exp: undefined }, 'subject-token/claims'],
      [{ iat: undefined }, 'subject-token/claims'],
      [{ iat: now + 31 }, 'subject-token/not-yet-valid'],
      [{ auth_time: now + 31 }, 'subject-token/not-yet-valid'],
      [{ auth_time: undefined }, 'subject-token/claims'],
      [{ sub: '' }, 'subject-token/claims'],
      [{ sid: undefined }, 'subject-token/claims'],
      [{ sid: 7 }, 'subject-token/claims'],
      [{ acr: 2 }, 'subject-token/claims'],
      [{ amr: 'pwd' }, 'subject-token/claims'],
      [{ amr: ['pwd', 7] }, 'subject-token/claims'],
    ];
    for (const [claims, code] of cases) {
      await expectRefused(
        await world.exchange({ subject_token: await world.idToken({ claims }) }),
        400,
        'invalid_grant',
        code,
      );
    }
    expect(
      (await world.exchange({ subject_token: await world.idToken({ claims: { aud: ['agent'], exp: now + 1 } }) }))
        .status,
    ).toBe(200);
  },
);

verifies(['TEX-07', 'ATK-03', 'ATK-04', 'ATK-05'], 'what our keys did not sign is refused', async () => {
  const good = await world.idToken();
  const [header = '', payload = '', signature = ''] = good.split('.');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const token of [
    `${none}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -8)}AAAAAAAA`,
    `${header}.${payload}`,
    'junk',
    `${good}.x.y`,
  ]) {
    const answer = await world.exchange({ subject_token: token });
    await expectRefused(answer, 400, 'invalid_grant');
    expect(String(answer.body.error_description)).toContain('The subject token is not acceptable');
  }
});

verifies('ATK-47', 'a header that asks for more than is understood is refused, whoever signed it', async () => {
  const good = await world.idToken();
  const [, payload = ''] = good.split('.');
  const key = world.idp.keyRing.signingKey('RS256');
  for (const more of [{ crit: ['exp'] }, { b64: false }, { zip: 'DEF' }]) {
    const header = { alg: 'RS256', kid: key.kid, ...more };
    const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload}`;
    const token = `${input}.${sign('sha256', Buffer.from(input), key.privateKey).toString('base64url')}`;
    await expectRefused(
      await world.exchange({ subject_token: token }),
      400,
      'invalid_grant',
      'subject-token/signature',
    );
  }
  const encrypted = await world.exchange({ subject_token: `${good}.x.y` });
  await expectRefused(encrypted, 400, 'invalid_grant', 'subject-token/malformed');
});

verifies(['TEX-08', 'ATK-08'], 'no other kind of token of ours passes as an ID token', async () => {
  for (const typ of [
    'at+jwt',
    'oauth-id-jag+jwt',
    'logout+jwt',
    'secevent+jwt',
    'client-authentication+jwt',
    'dpop+jwt',
    'application/at+jwt',
  ]) {
    const claims = {
      iss: issuer,
      sub: await world.userId('ada'),
      aud: 'agent',
      iat: world.nowSeconds,
      exp: world.nowSeconds + 60,
      auth_time: world.nowSeconds,
      sid: 'sid-agent-ada',
    };
    const token = signJws(world.idp.keyRing.signingKey('RS256'), typ, claims);
    await expectRefused(
      await world.exchange({ subject_token: token }),
      400,
      'invalid_grant',
      'subject-token/not-an-id-token',
    );
  }
  await expectRefused(
    await world.exchange({ subject_token: await world.idToken({ claims: { events: {} } }) }),
    400,
    'invalid_grant',
    'subject-token/not-an-id-token',
  );
  const idJag = String((await world.exchange()).body.access_token);
  await expectRefused(
    await world.exchange({ subject_token: idJag }),
    400,
    'invalid_grant',
    'subject-token/not-an-id-token',
  );
});

verifies(['TEX-13', 'CID-01', 'ATK-53'], 'an unknown audience and one without a connection read the same', async () => {
  const wording = (answer: Answer): unknown => String(answer.body.error_description).replace(/ \[.*/, '');
  const unknown = await world.exchange({ audience: 'https://unknown.example' });
  const unconnected = await world.exchange({ audience: 'https://mail.example', resource: undefined });
  await expectRefused(unknown, 400, 'invalid_target', 'exchange/audience-unknown');
  await expectRefused(unconnected, 400, 'invalid_target', 'exchange/no-connection');
  expect(wording(unknown)).toBe(wording(unconnected));
  expect(Object.keys(unknown.body)).toEqual(Object.keys(unconnected.body));
});

verifies(
  ['TEX-14', 'ATK-31', 'ATK-30', 'ATK-14'],
  'a resource must be well formed and belong to the audience',
  async () => {
    for (const resource of [
      'https://wiki.example/',
      'https://mcp.chat.example/mcp-admin',
      'https://mcp.chat.example/mcp/',
    ]) {
      await expectRefused(
        await world.exchange({ resource }),
        400,
        'invalid_target',
        'exchange/resource-not-of-audience',
      );
      await expectRefused(
        await world.exchange({ resource: [mcp, resource] }),
        400,
        'invalid_target',
        'exchange/resource-not-of-audience',
      );
    }
    for (const resource of [
      '/mcp',
      `${mcp}#x`,
      'https://u@mcp.chat.example/mcp',
      'https://mcp.chat.example/x/../mcp',
    ]) {
      await expectRefused(await world.exchange({ resource }), 400, 'invalid_target', 'request/resource-malformed');
    }
  },
);

verifies(['TEX-16', 'TEX-27'], 'policy denies by default and by rule, and the wire does not say why', async () => {
  const noRule = await world.exchange({ subject_token: await world.idToken({ person: 'bob' }) });
  const denied = await world.exchange({ subject_token: await world.idToken({ person: 'carl' }) });
  await expectRefused(noRule, 400, 'access_denied', 'policy/denied');
  await expectRefused(denied, 400, 'access_denied', 'policy/denied');
  expect(noRule.body.error_description).toBe(`Not permitted by policy [${noRule.id}]`);
  const row = await world.audit(denied.id);
  expect(row?.ruleIds).toHaveLength(1);
  for (const secret of [row?.ruleIds?.[0], 'contractors', 'engineering', 'rul_', 'con_']) {
    expect(JSON.stringify(denied.body)).not.toContain(String(secret));
  }
});

verifies('TEX-16', 'a pending connection is denied like a rule', async () => {
  const token = await world.idToken({ client: 'bot' });
  const answer = await world.exchange({
    client_id: 'bot',
    client_secret: botSecret,
    subject_token: token,
    audience: 'https://wiki.example',
    resource: undefined,
    scope: undefined,
  });
  await expectRefused(answer, 400, 'access_denied', 'policy/pending');
});

verifies(['TEX-18', 'ATK-28'], 'nothing left of the scopes means no ID-JAG', async () => {
  await expectRefused(await world.exchange({ scope: 'chat.write' }), 400, 'invalid_scope', 'policy/no-scope');
  await expectRefused(
    await world.exchange({ scope: 'offline_access unheard.of' }),
    400,
    'invalid_scope',
    'policy/no-scope',
  );
});

verifies(['TEX-23', 'ATK-38'], 'nothing is minted for this issuer itself', async () => {
  for (const audience of [issuer, `${issuer}/`]) {
    await expectRefused(
      await world.exchange({ audience, resource: undefined, scope: undefined }),
      400,
      'invalid_target',
      'exchange/audience-self',
    );
  }
});

verifies(['TEX-24', 'ATK-36'], 'an actor token is refused, never ignored', async () => {
  for (const over of [
    { actor_token: 'x' },
    { actor_token_type: tokenTypes.jwt },
    { actor_token: 'x', actor_token_type: tokenTypes.jwt },
  ]) {
    await expectRefused(await world.exchange(over), 400, 'invalid_request', 'exchange/actor-token');
  }
});

verifies(['TEX-25', 'STP-01'], 'a sign-on that is only too old is answered with what would do', async () => {
  const answer = await world.exchange({ subject_token: await world.idToken({ person: 'sue' }), scope: 'chat.history' });
  await expectRefused(answer, 400, 'insufficient_user_authentication', 'policy/step-up');
  expect(answer.body.max_age).toBe(60);
  expect(answer.body).not.toHaveProperty('acr_values');
  expect(await world.audit(answer.id)).toMatchObject({ outcome: 'step_up' });
  const fresh = await world.idToken({ person: 'sue', sid: 'sue-fresh', claims: { auth_time: world.nowSeconds - 10 } });
  expect((await world.exchange({ subject_token: fresh, scope: 'chat.history' })).status).toBe(400);
});

verifies('STP-02', 'no step-up is asked for where it could not help', async () => {
  const token = await world.idToken({ person: 'sue' });
  await expectRefused(await world.exchange({ subject_token: token, scope: 'chat.write' }), 400, 'access_denied');
});

verifies('TEX-26', 'authorization details are refused, never ignored', async () => {
  await expectRefused(
    await world.exchange({ authorization_details: '[]' }),
    400,
    'invalid_authorization_details',
    'exchange/authorization-details',
  );
});

verifies('LES-30', 'scopes follow their grammar', async () => {
  await expectRefused(await world.exchange({ scope: 'a"\r\nX:y' }), 400, 'invalid_scope', 'request/scope-malformed');
});
