import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import * as oauth from 'oauth4webapi';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  endSessions,
  findPersonByLogin,
  findSession,
  revokePerson,
  upsertClientApp,
  upsertPerson,
} from '../src/index.ts';
import {
  agent,
  alice,
  askSignOn,
  clientAuthentication,
  loopback,
  redeemCallback,
  type SignOnWorld,
  startSignOnWorld,
} from './sign-on-world.ts';

const person = { username: 'alice', password: alice.password ?? '' };
let world: SignOnWorld;
let everyoneRevokedBefore: number | undefined;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  everyoneRevokedBefore = undefined;
  world = await startSignOnWorld({ everyoneRevokedBefore: async () => everyoneRevokedBefore });
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

async function signedOn(clientId = 'agent') {
  const browser = createRobotBrowser();
  const asked = await askSignOn(world, clientId);
  const { response, claims } = await redeemCallback(world, asked, await signOn(browser, asked.url, person), clientId);
  return { browser, response, claims, sid: String(claims.sid) };
}
type SignedOn = Awaited<ReturnType<typeof signedOn>>;

async function refreshError({ response }: SignedOn): Promise<string | undefined> {
  const server = await world.metadata();
  const client = { client_id: 'agent' };
  const answer = await oauth.refreshTokenGrantRequest(
    server,
    client,
    clientAuthentication('agent'),
    response.refresh_token ?? '',
    loopback,
  );
  return answer.ok ? undefined : ((await answer.json()) as { error: string }).error;
}

async function userinfoStatus({ response }: SignedOn): Promise<number> {
  return (await fetch(`${world.issuer}/userinfo`, { headers: { authorization: `Bearer ${response.access_token}` } }))
    .status;
}

/** What the browser gets without typing anything: a code, or the error that says why not. */
async function silent({ browser }: SignedOn, clientId = 'agent'): Promise<string> {
  const visit = await browser.visit((await askSignOn(world, clientId, { prompt: 'none' })).url);
  if (visit.kind === 'page') return `page ${visit.page.status}`;
  return visit.url.searchParams.get('error') ?? 'code';
}

async function everyDoor(run: SignedOn) {
  return { refresh: await refreshError(run), userinfo: await userinfoStatus(run), silent: await silent(run) };
}
const allOpen = { refresh: undefined, userinfo: 200, silent: 'code' };
const allClosed = { refresh: 'invalid_grant', userinfo: 401, silent: 'login_required' };

async function userId(): Promise<string> {
  return (await findPersonByLogin(world.database, world.tenantId, 'alice'))?.id ?? '';
}

verifies('LES-20', 'a disabled person is refused at every door at once', async () => {
  const run = await signedOn();
  expect(await everyDoor(run)).toEqual(allOpen);
  await upsertPerson(world.database, world.tenantId, { username: 'alice', state: 'disabled' }, Date.now());
  expect(await everyDoor(run)).toEqual(allClosed);
});

verifies('LES-20', 'a state written past every command closes every door as well', async () => {
  const run = await signedOn();
  await world.database.kysely.updateTable('users').set({ state: 'disabled' }).execute();
  expect(await everyDoor(run)).toEqual(allClosed);
});

verifies('LES-20', 'a watermark later than the sign-on closes every door; the next sign-on opens them', async () => {
  const run = await signedOn();
  vi.setSystemTime(Date.now() + 1_500);
  await world.database.kysely.updateTable('users').set({ revoked_before: Date.now() }).execute();
  expect(await everyDoor(run)).toEqual(allClosed);
  const next = await signedOn();
  expect(next.claims.auth_time).toBeGreaterThanOrEqual(run.claims.auth_time ?? 0);
  expect(await everyDoor(next)).toEqual(allOpen);
});

verifies(
  'LES-75',
  'a watermark at a whole second closes what was signed on in that second, and no later sign-on',
  async () => {
    const second = Math.ceil(Date.now() / 1000) * 1000 + 5_000;
    vi.setSystemTime(second + 200);
    const run = await signedOn();
    await world.database.kysely.updateTable('users').set({ revoked_before: second }).execute();
    expect(await everyDoor(run)).toEqual(allClosed);
    expect(await everyDoor(await signedOn())).toEqual(allOpen);
  },
);

verifies(
  ['LES-75', 'LES-20'],
  'the watermark of everybody closes every door; a sign-on of the same second opens them',
  async () => {
    const second = Math.ceil(Date.now() / 1000) * 1000 + 5_000;
    vi.setSystemTime(second + 200);
    const run = await signedOn();
    everyoneRevokedBefore = second + 300;
    expect(await everyDoor(run)).toEqual(allClosed);
    vi.setSystemTime(second + 400);
    expect(await everyDoor(await signedOn())).toEqual(allOpen);
  },
);

verifies('LES-20', 'revoking a person, and a new password, end what was signed on before', async () => {
  const first = await signedOn();
  await revokePerson(world.database, world.tenantId, await userId(), Date.now());
  expect(await everyDoor(first)).toEqual(allClosed);
  const second = await signedOn();
  await upsertPerson(world.database, world.tenantId, { username: 'alice', password: 'another horse' }, Date.now());
  expect(await everyDoor(second)).toEqual(allClosed);
  await upsertPerson(world.database, world.tenantId, { username: 'alice', password: person.password }, Date.now());
});

verifies(
  ['SSO-10', 'LES-20'],
  'an ended session closes every door of every app in that browser, and of no other browser',
  async () => {
    const run = await signedOn();
    const elsewhere = await signedOn();
    const editorAsked = await askSignOn(world, 'editor');
    const editor = await redeemCallback(
      world,
      editorAsked,
      await signOn(run.browser, editorAsked.url, person),
      'editor',
    );
    expect(editor.claims.sid).not.toBe(run.claims.sid);

    expect(await endSessions(world.database, world.tenantId, { sid: run.sid }, Date.now())).toBe(2);
    expect(await everyDoor(run)).toEqual(allClosed);
    expect((await findSession(world.database, world.tenantId, String(editor.claims.sid)))?.endedAt).toBeGreaterThan(0);
    expect(await everyDoor(elsewhere)).toEqual(allOpen);
  },
);

verifies(['SSO-10', 'LES-20'], 'an ended session row alone closes every door', async () => {
  const run = await signedOn();
  await world.database.kysely.updateTable('sessions').set({ ended_at: Date.now() }).execute();
  expect(await everyDoor(run)).toEqual(allClosed);
});

verifies('LES-20', 'a blocked client app is refused at every door', async () => {
  const run = await signedOn();
  await upsertClientApp(
    world.database,
    world.tenantId,
    { ...agent, state: 'blocked' },
    { secretBox: world.secretBox, now: Date.now() },
  );
  expect(await everyDoor(run)).toEqual({ refresh: 'invalid_client', userinfo: 401, silent: 'page 400' });
});

verifies(
  ['LES-20', 'LES-05'],
  'a person disabled while the form is open, or between form and code, gets no code',
  async () => {
    const browser = createRobotBrowser();
    const visit = await browser.visit((await askSignOn(world)).url);
    if (visit.kind !== 'page' || visit.page.form === undefined) throw new Error('no sign-on page');
    const sent = await browser.request(visit.page.form.action, {
      method: 'POST',
      body: new URLSearchParams(person).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    await world.database.kysely.updateTable('users').set({ state: 'disabled' }).execute();
    const resumed = await browser.visit(sent.headers.get('location') ?? '');
    expect(resumed.kind === 'left' && resumed.url.searchParams.has('code')).toBe(false);
  },
);

verifies('LES-21', 'nothing outlives the absolute end of the sign-on', async () => {
  const run = await signedOn();
  const hour = 3_600_000;
  vi.setSystemTime(Date.now() + 8 * hour - 60_000);
  const server = await world.metadata();
  const answer = await oauth.refreshTokenGrantRequest(
    server,
    { client_id: 'agent' },
    clientAuthentication('agent'),
    run.response.refresh_token ?? '',
    loopback,
  );
  const renewed = oauth.getValidatedIdTokenClaims(
    await oauth.processRefreshTokenResponse(server, { client_id: 'agent' }, answer),
  );
  expect(renewed?.exp).toBe((run.claims.auth_time ?? 0) + 8 * 3_600);
  expect((await findSession(world.database, world.tenantId, run.sid))?.expiresAt).toBe(
    ((run.claims.auth_time ?? 0) + 8 * 3_600) * 1000,
  );
  vi.setSystemTime(Date.now() + 61_000);
  expect(await everyDoor(run)).toEqual(allClosed);
});

test('max_age and prompt=login ask for the password again, and auth_time follows', async () => {
  const run = await signedOn();
  vi.setSystemTime(Date.now() + 120_000);
  for (const replaced of [{ max_age: '60' }, { prompt: 'login' }]) {
    const asked = await askSignOn(world, 'agent', replaced);
    const visit = await run.browser.visit(asked.url);
    expect(visit.kind).toBe('page');
    const { claims } = await redeemCallback(world, asked, await signOn(run.browser, asked.url, person));
    expect(claims.auth_time).toBeGreaterThan(run.claims.auth_time ?? 0);
    expect(claims.sid).toBe(run.claims.sid);
  }
});
