import { freePorts, verifies } from '@crossgrant/testkit';
import { createRobotBrowser } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import {
  approveConnection,
  blockConnection,
  disablePerson,
  enablePerson,
  endSession,
  revokeEverything,
  revokePerson,
  setClientAppState,
  setResourceAppState,
  setTenantState,
} from '../src/index.ts';
import { actor, type IdpWorld, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld();
});
afterAll(() => world.close());

describe('whatever is switched off is refused in the very next exchange', () => {
  const switches: readonly [string, string, (w: IdpWorld) => Promise<unknown>, (w: IdpWorld) => Promise<unknown>][] = [
    [
      'connection',
      'access_denied',
      ({ idp }) => blockConnection(idp.database, idp.tenantId, 'agent/chat', actor),
      ({ idp }) => approveConnection(idp.database, idp.tenantId, 'agent/chat', actor),
    ],
    [
      'client app',
      'invalid_client',
      ({ idp }) => setClientAppState(idp.database, idp.tenantId, 'agent', 'blocked', actor),
      ({ idp }) => setClientAppState(idp.database, idp.tenantId, 'agent', 'active', actor),
    ],
    [
      'resource app',
      'access_denied',
      ({ idp }) => setResourceAppState(idp.database, idp.tenantId, 'chat', 'disabled', actor),
      ({ idp }) => setResourceAppState(idp.database, idp.tenantId, 'chat', 'active', actor),
    ],
    [
      'tenant',
      'invalid_client',
      ({ idp }) => setTenantState(idp.database, idp.tenantId, 'disabled', actor),
      ({ idp }) => setTenantState(idp.database, idp.tenantId, 'active', actor),
    ],
  ];
  for (const [name, error, off, on] of switches) {
    verifies(['LES-19', 'LES-20', 'ADM-02'], `exchange × ${name}`, async () => {
      expect((await world.exchange()).status).toBe(200);
      expect(await off(world)).toBe(true);
      expect((await world.exchange()).body.error).toBe(error);
      await on(world);
      expect((await world.exchange()).status).toBe(200);
    });
  }

  verifies(['LES-19', 'LES-20', 'TEX-09'], 'exchange × person', async () => {
    const { idp } = world;
    const token = await world.idToken({ sid: 'sid-off' });
    const ada = await world.userId('ada');
    expect(await disablePerson(idp.database, idp.tenantId, ada, actor)).toBe(true);
    const refused = await world.exchange({ subject_token: token });
    expect(refused.body.error).toBe('invalid_grant');
    expect(await world.audit(refused.id)).toMatchObject({ code: 'subject-token/user-inactive' });
    await enablePerson(idp.database, idp.tenantId, ada, actor);
    const after = await world.exchange({ subject_token: token });
    expect(await world.audit(after.id)).toMatchObject({ code: 'subject-token/session-ended' });
  });

  verifies(['LES-20', 'TEX-09', 'SSO-10'], 'exchange × session', async () => {
    const { idp } = world;
    const token = await world.idToken({ sid: 'sid-1' });
    expect((await world.exchange({ subject_token: token })).status).toBe(200);
    expect(await endSession(idp.database, idp.tenantId, 'sid-1', actor)).toBe(true);
    const refused = await world.exchange({ subject_token: token });
    expect(refused.body.error).toBe('invalid_grant');
    expect(await world.audit(refused.id)).toMatchObject({ code: 'subject-token/session-ended' });
    expect(await endSession(idp.database, idp.tenantId, 'sid-1', actor)).toBe(false);
  });
});

verifies(['TEX-09', 'ATK-41'], 'a session that is unknown, or of another person or client, is none', async () => {
  await world.addSession('sid-sue', { user_id: await world.userId('sue') });
  await world.addSession('sid-bot', { client_id: 'bot' });
  const codes: string[] = [];
  for (const sid of ['sid-sue', 'sid-bot', 'nowhere']) {
    const refused = await world.exchange({ subject_token: await world.idToken({ sid: 'sid-x', claims: { sid } }) });
    codes.push(String((await world.audit(refused.id))?.code));
  }
  expect(codes).toEqual(Array(3).fill('subject-token/session-unknown'));
  const unknown = await world.exchange({
    subject_token: await world.idToken({ sid: 'sid-x', claims: { sub: 'usr_nobody' } }),
  });
  expect(await world.audit(unknown.id)).toMatchObject({ code: 'subject-token/user-unknown' });
});

verifies(
  ['LES-75', 'REV-13', 'ATK-48', 'TEX-09'],
  'a watermark refuses what was signed on before it, at either level',
  async () => {
    const { idp } = world;
    const at = world.clock.nowMs;
    const signedOn = (secondsAfter: number): Promise<string> =>
      world.idToken({ sid: `sid-w${secondsAfter}`, claims: { auth_time: at / 1000 + secondsAfter } });
    await revokePerson(idp.database, idp.tenantId, await world.userId('ada'), actor, at);
    await world.addSession('sid-w0', { auth_time_seconds: at / 1000 });
    await world.addSession('sid-w1', { auth_time_seconds: at / 1000 + 1 });
    const refused = await world.exchange({ subject_token: await signedOn(0) });
    expect(refused.body.error).toBe('invalid_grant');
    expect(await world.audit(refused.id)).toMatchObject({ code: 'subject-token/user-revoked' });
    expect((await world.exchange({ subject_token: await signedOn(1) })).status).toBe(200);

    await revokeEverything(idp.database, idp.tenantId, actor, at + 1000);
    expect((await world.exchange({ subject_token: await signedOn(1) })).body.error).toBe('invalid_grant');
    await world.addSession('sid-w2', { auth_time_seconds: at / 1000 + 2 });
    expect((await world.exchange({ subject_token: await signedOn(2) })).status).toBe(200);
  },
);

verifies('LES-21', 'nothing outlives the absolute end of its session', async () => {
  const { clock } = world;
  clock.nowMs += 60_000;
  const end = clock.nowMs + 60_000;
  await world.addSession('sid-short', { expires_at: end + 400, auth_time_seconds: world.nowSeconds });
  const token = await world.idToken({ sid: 'sid-short', claims: { auth_time: world.nowSeconds } });
  const { body } = await world.exchange({ subject_token: token });
  expect(body.expires_in).toBe(60);
  const { exp, session_expiry } = JSON.parse(
    Buffer.from(String(body.access_token).split('.')[1] ?? '', 'base64url').toString(),
  ) as Record<string, number>;
  expect([exp, session_expiry]).toEqual([end / 1000, end / 1000]);
  const because = async (): Promise<unknown> => {
    const refused = await world.exchange({ subject_token: token });
    expect(refused.body.error).toBe('invalid_grant');
    return (await world.audit(refused.id))?.facts?.detail;
  };
  clock.nowMs = end + 200;
  expect(await because()).toEqual({ because: 'no time left' });
  clock.nowMs = end + 400;
  expect(await because()).toEqual({ because: 'expired' });
});

verifies('LES-38', 'acts on things of nobody are refused and audited', async () => {
  const { idp } = world;
  expect(await blockConnection(idp.database, idp.tenantId, 'no/such', actor)).toBe(false);
  const row = await idp.database.kysely
    .selectFrom('audit_rows')
    .select(['outcome'])
    .where('code', '=', 'connection/blocked')
    .orderBy('at', 'desc')
    .orderBy('sequence', 'desc')
    .executeTakeFirst();
  expect(row?.outcome).toBe('refused');
});

verifies('LES-20', 'sign-on × tenant', async () => {
  const { idp } = world;
  const doors = [`${idp.url}/authorize?client_id=agent`, `${idp.url}/userinfo`];
  const code = { method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x' }) };
  const ask = async (): Promise<unknown[]> => {
    const answers = await Promise.all([
      fetch(`${idp.url}/token`, code),
      ...doors.map((door) => fetch(door, { redirect: 'manual' })),
    ]);
    return Promise.all(answers.map(async (answer) => (await answer.text()).includes('access_denied')));
  };
  expect(await ask()).toEqual([false, false, false]);
  await setTenantState(idp.database, idp.tenantId, 'disabled', actor);
  expect(await ask()).toEqual([true, true, true]);
  await setTenantState(idp.database, idp.tenantId, 'active', actor);
});

verifies(['LES-75', 'REV-13'], 'a sign-on that was under way when everything was revoked yields nothing', async () => {
  const [port = 0] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const redirectUri = 'http://127.0.0.1:9/cb';
  const signingOn = await startIdpWorld({
    config: {
      issuer: origin,
      listen: `127.0.0.1:${port}`,
      people: [{ username: 'ada', email: 'ada@acme.example', password: 'correct horse' }],
    },
    policy: { rules: [] },
  });
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: 'agent',
    redirect_uri: redirectUri,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  const passwordGiven = async (): Promise<() => Promise<Response>> => {
    const browser = createRobotBrowser();
    const started = await browser.request(`${origin}/authorize?${query}`);
    const sent = await browser.request(new URL(started.headers.get('location') ?? '', origin), {
      method: 'POST',
      body: new URLSearchParams({ username: 'ada', password: 'correct horse' }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    return () => browser.request(sent.headers.get('location') ?? '');
  };
  const { database, tenantId } = signingOn.idp;
  const early = await passwordGiven();
  signingOn.clock.nowMs += 2_000;
  await revokeEverything(database, tenantId, actor, signingOn.clock.nowMs);
  expect((await early()).headers.get('location') ?? '').not.toContain('code=');
  const late = await passwordGiven();
  expect((await late()).headers.get('location')).toContain('code=');
  await signingOn.close();
});
