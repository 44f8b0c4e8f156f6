import { upsertPerson } from '@crossgrant/identity';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { blockConnection, disablePerson, enablePerson, revokePerson, setClientAppState } from '../src/index.ts';
import { actor, botSecret, decode, type IdpWorld } from './idp-world.ts';
import { password, refreshTokenType, renew, type SignedOn, signOnFor, startSigningWorld } from './signed-on.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startSigningWorld();
});
afterAll(() => world.close());

const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';

function exchangeBy(refreshToken: string, over: Record<string, string | undefined> = {}) {
  return world.exchange({ subject_token: refreshToken, subject_token_type: refreshTokenType, ...over });
}

async function codeOf(refreshToken: string, over: Record<string, string | undefined> = {}): Promise<unknown> {
  const answer = await exchangeBy(refreshToken, over);
  if (answer.status === 200) return 'granted';
  expect(answer.body).toMatchObject({ error: 'invalid_grant' });
  return (await world.audit(answer.id))?.code;
}

verifies(
  ['RTK-02', 'RTK-03', 'TEX-10', 'TEX-22', 'DEL-04'],
  'a refresh token is a subject token of its client, again and again: it is neither used up nor replaced',
  async () => {
    const { refreshToken, claims } = await signOnFor(world);
    for (let use = 0; use < 3; use += 1) {
      const { status, body } = await exchangeBy(refreshToken);
      expect(status).toBe(200);
      expect(body.refresh_token).toBeUndefined();
      expect(decode(body.access_token).payload).toMatchObject({
        sub: claims.sub,
        client_id: 'agent-at-chat',
        auth_time: claims.auth_time,
        acr: 'urn:crossgrant:acr:password',
        amr: ['pwd'],
      });
    }
    const renewed = await renew(world, refreshToken);
    expect(renewed.id_token).toBeDefined();
    expect(await codeOf(String(renewed.refresh_token))).toBe('granted');
  },
);

verifies(['RTK-05', 'STP-04'], 'the sign-on it stands for is the original one, whatever happened since', async () => {
  const first = await signOnFor(world);
  world.clock.nowMs += 5_000;
  const later = await signOnFor(world, { browser: first.browser, ask: { prompt: 'login' } });
  expect(later.claims).toMatchObject({ sid: first.claims.sid, auth_time: Number(first.claims.auth_time) + 5 });
  await world.idp.database.kysely
    .updateTable('sessions')
    .set({ acr: 'phr', amr: '["hwk"]' })
    .where('sid', '=', String(first.claims.sid))
    .execute();
  for (const subject of [{}, { subject_token: first.idToken, subject_token_type: idTokenType }]) {
    const { body } = await exchangeBy(first.refreshToken, subject);
    expect(decode(body.access_token).payload).toMatchObject({
      auth_time: first.claims.auth_time,
      acr: 'urn:crossgrant:acr:password',
      amr: ['pwd'],
    });
  }
});

verifies(['TEX-11'], 'who the person is now counts, not who they were at sign-on', async () => {
  const { refreshToken } = await signOnFor(world);
  const { idp, clock } = world;
  const wiki = { audience: 'https://wiki.example', resource: undefined, scope: undefined };
  const change = (email: string, groups: readonly string[]) =>
    upsertPerson(idp.database, idp.tenantId, { username: 'ada', email, emailVerified: true, groups }, clock.nowMs);
  await change('ada.new@acme.example', ['engineering']);
  const { body } = await exchangeBy(refreshToken, wiki);
  expect(decode(body.access_token).payload.email).toBe('ada.new@acme.example');
  await change('ada@acme.example', []);
  expect((await exchangeBy(refreshToken, wiki)).body.error).toBe('access_denied');
  await change('ada@acme.example', ['engineering']);
});

verifies(
  ['TEX-10', 'LES-22', 'LES-23', 'LES-27'],
  'what is not a live refresh token of this client is refused, and harms nobody',
  async () => {
    const { refreshToken, idToken } = await signOnFor(world);
    const ended = 'subject-token/refresh-token';
    for (const text of ['x', `${refreshToken.slice(0, -1)}!`, refreshToken.slice(0, -1), `${refreshToken}A`, idToken])
      expect(await codeOf(text), text).toBe(ended);
    const other = { client_id: 'bot', client_secret: botSecret };
    expect(await codeOf(refreshToken, other)).toBe(ended);
    const used = String((await renew(world, refreshToken)).refresh_token);
    expect(await codeOf(refreshToken, other)).toBe(ended);
    expect(await codeOf(used)).toBe('granted');
    expect((await world.exchange({ subject_token: used })).body.error).toBe('invalid_grant');
    const saml = await world.exchange({ subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' });
    expect(saml.body.error).toBe('invalid_request');
  },
);

verifies('TEX-10', 'it is late, of a client that lost them, or of a request that was no sign-on', async () => {
  const { idp, clock } = world;
  const { refreshToken } = await signOnFor(world);
  const because = async (): Promise<unknown> => {
    const refused = await exchangeBy(refreshToken);
    return (await world.audit(refused.id))?.facts?.detail;
  };
  const setRefreshTokens = (value: number) =>
    idp.database.kysely.updateTable('client_apps').set({ refresh_tokens: value }).execute();
  await setRefreshTokens(0);
  await setClientAppState(idp.database, idp.tenantId, 'agent', 'active', actor);
  expect(await because()).toEqual({ because: 'client has none' });
  await setRefreshTokens(1);
  await setClientAppState(idp.database, idp.tenantId, 'agent', 'active', actor);
  expect(await codeOf(refreshToken)).toBe('granted');

  const { refreshToken: plain } = await signOnFor(world, { ask: { scope: 'openid' } });
  const rows = idp.database.kysely.updateTable('oidc_artifacts').where('kind', '=', 'RefreshToken');
  const payload = (
    await idp.database.kysely
      .selectFrom('oidc_artifacts')
      .select('payload')
      .where('kind', '=', 'RefreshToken')
      .orderBy('created_at', 'desc')
      .execute()
  ).map((row) => row.payload);
  for (const text of payload)
    await rows
      .set({ payload: text.replace('openid', 'profile') })
      .where('payload', '=', text)
      .execute();
  const refused = await exchangeBy(plain);
  expect((await world.audit(refused.id))?.facts?.detail).toEqual({ because: 'no openid' });

  const { refreshToken: late } = await signOnFor(world);
  clock.nowMs += 8 * 3_600_000 + 1_000;
  expect(await codeOf(late)).toBe('subject-token/refresh-token');
});

verifies(
  ['RTK-04', 'LES-20', 'LES-19', 'SSO-10'],
  'a refresh token is dead once the person, the session, the client or the grant is, offline access or not',
  async () => {
    const { idp } = world;
    const ada = await world.userId('ada');
    const deaths: [string, (signedOn: SignedOn) => Promise<unknown>, () => Promise<unknown>][] = [
      [
        'subject-token/user-inactive',
        () => disablePerson(idp.database, idp.tenantId, ada, actor),
        () => enablePerson(idp.database, idp.tenantId, ada, actor),
      ],
      ['subject-token/refresh-token', ({ browser }) => logOut(browser), async () => undefined],
      ['subject-token/session-ended', () => setPassword('another horse'), () => setPassword(password)],
      [
        'subject-token/session-ended',
        () => revokePerson(idp.database, idp.tenantId, ada, actor, world.clock.nowMs),
        async () => {
          world.clock.nowMs += 2_000;
        },
      ],
    ];
    for (const [code, kill, revive] of deaths) {
      const signedOn = await signOnFor(world);
      expect(await codeOf(signedOn.refreshToken)).toBe('granted');
      await kill(signedOn);
      expect(await codeOf(signedOn.refreshToken), code).toBe(code);
      expect(String((await renew(world, signedOn.refreshToken)).error)).toBe('invalid_grant');
      await revive();
      expect(await codeOf(signedOn.refreshToken)).not.toBe('granted');
    }
    const { refreshToken } = await signOnFor(world);
    await setClientAppState(idp.database, idp.tenantId, 'agent', 'blocked', actor);
    expect((await exchangeBy(refreshToken)).body.error).toBe('invalid_client');
    await setClientAppState(idp.database, idp.tenantId, 'agent', 'active', actor);
    await blockConnection(idp.database, idp.tenantId, 'agent/wiki', actor);
    expect((await exchangeBy(refreshToken, { audience: 'https://wiki.example', resource: undefined })).body.error).toBe(
      'access_denied',
    );

    const revoked = await fetch(`${idp.url}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({
        token: refreshToken,
        client_id: 'agent',
        client_secret: 'agent-secret-0123456789abcdef',
      }),
    });
    expect(revoked.status).toBe(200);
    expect(await codeOf(refreshToken)).toBe('subject-token/refresh-token');
  },
);

function setPassword(text: string): Promise<unknown> {
  const { idp, clock } = world;
  clock.nowMs += 2_000;
  return upsertPerson(
    idp.database,
    idp.tenantId,
    { username: 'ada', email: 'ada@acme.example', password: text },
    clock.nowMs,
  ).then(() => {
    clock.nowMs += 2_000;
  });
}

async function logOut(browser: SignedOn['browser']): Promise<void> {
  const page = await browser.visit(`${world.idp.url}/logout`);
  if (page.kind === 'page') await browser.submit(page.page, { logout: 'yes' });
}
