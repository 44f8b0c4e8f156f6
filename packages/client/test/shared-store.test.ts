import { verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import { createCrossgrantClient, createMemorySessions, type SessionStore } from '../src/index.ts';
import { sessionStoreContract } from '../src/store-contract/index.ts';
import { expectFailure } from './expect-failure.ts';
import { exchangeAnswer, oauthError, startWorld, type World } from './fake-parties.ts';
import { hold } from './slow-store.ts';

let world: World;
let sessions: SessionStore;
afterEach(() => world?.close());

for (const { name, run } of sessionStoreContract)
  test(`the store in memory keeps the contract: ${name}`, async () => {
    const store = createMemorySessions();
    await run(async () => store);
  });

test('the contract notices stores that are wrong', async () => {
  const failing = async (change: (store: SessionStore) => Partial<SessionStore>) => {
    const failed: string[] = [];
    for (const { name, run } of sessionStoreContract) {
      const store = createMemorySessions();
      await run(async () => ({ ...store, ...change(store) })).catch(() => failed.push(name));
    }
    return failed.length;
  };
  const always = async (store: SessionStore, next: Parameters<SessionStore['save']>[0]) => {
    await store.save(next);
    return true;
  };
  expect(await failing(() => ({}))).toBe(0);
  expect(await failing((store) => ({ replace: (_before, next) => always(store, next) }))).toBe(3);
  expect(await failing(() => ({ remove: async () => undefined }))).toBe(1);
  expect(await failing(() => ({ find: async () => [] }))).toBe(1);
  expect(await failing(() => ({ load: async () => undefined }))).toBeGreaterThan(2);
});

/** Three processes with one store, and a session whose ID token expired. */
async function startProcesses() {
  sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first', session: 'ses_alice' });
  world.clock.now += 700_000;
  const sleep = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
  const patience = { ...world.options.patience, sleep };
  return [1, 2, 3].map(() => createCrossgrantClient({ ...world.options, patience }));
}
const refreshes = () =>
  world.idp.askedFor('/token').filter((entry) => entry.form.get('grant_type') === 'refresh_token');
const ask = (client: World['client'] | undefined) =>
  (client as World['client']).accessToken({ session: 'ses_alice', resource: world.resource });

verifies(['CLI-06', 'CLI-10', 'DEL-01'], 'processes that share a store refresh a session once among them', async () => {
  const clients = await startProcesses();
  await Promise.all(clients.map(ask));
  expect(refreshes().map(({ form }) => form.get('refresh_token'))).toEqual(['rt-first']);
  expect(await sessions.load('ses_alice')).toMatchObject({ refreshToken: 'rt-next' });
  expect((await sessions.load('ses_alice'))?.refreshing).toBeUndefined();
});

verifies('CLI-10', 'a process that died while it refreshed is waited for no longer than its turn', async () => {
  const [client] = await startProcesses();
  const held = await sessions.load('ses_alice');
  if (held === undefined) throw new Error('no session');
  const until = world.clock.now + 30_000;
  await sessions.save({ ...held, refreshing: { by: 'dead', until } });
  await expectFailure(ask(world.client), 'temporarily_unavailable', 'sign_on');
  expect(refreshes()).toEqual([]);
  world.clock.now = until;
  await ask(client);
  expect(refreshes()).toHaveLength(1);
});

verifies('CLI-09', 'a process that waits for its turn does not refresh what was signed out meanwhile', async () => {
  await startProcesses();
  const held = await sessions.load('ses_alice');
  if (held === undefined) throw new Error('no session');
  await sessions.save({ ...held, refreshing: { by: 'another', until: world.clock.now + 30_000 } });
  const sleep = () => sessions.remove('ses_alice');
  const client = createCrossgrantClient({ ...world.options, patience: { ...world.options.patience, sleep } });
  await expectFailure(ask(client), 'signed_out', 'sign_on');
  expect(refreshes()).toEqual([]);
});

verifies('CLI-09', 'a session that another process removes just before it is replaced is signed out', async () => {
  const [client] = await startProcesses();
  sessions.replace = async ({ id }) => {
    await sessions.remove(id);
    return false;
  };
  await expectFailure(ask(client), 'signed_out', 'sign_on');
  expect(refreshes()).toEqual([]);
});

verifies('CLI-10', 'after a refresh that failed the next process tries at once', async () => {
  const [first, second] = await startProcesses();
  world.idp.answer('POST /token', () => ({ status: 500, text: 'down' }));
  await expectFailure(ask(first), 'server_fault', 'sign_on');
  const idToken = await world.idToken();
  world.idp.answer('POST /token', ({ form }) =>
    form.has('refresh_token')
      ? { json: { access_token: 'at', token_type: 'Bearer', id_token: idToken, refresh_token: 'rt-next' } }
      : exchangeAnswer(world.idJag()),
  );
  await ask(second);
});

verifies(['CLI-09', 'LES-93'], 'a sign-on in another process wins over a refresh that ends after it', async () => {
  const [first, second] = await startProcesses();
  const held = hold();
  const late = await world.idToken({ jti: 'late' });
  world.idp.answer('POST /token', async ({ form }) => {
    if (!form.has('refresh_token')) return exchangeAnswer(world.idJag());
    await held.pass();
    return { json: { access_token: 'at', token_type: 'Bearer', id_token: late, refresh_token: 'rt-late' } };
  });
  const token = ask(first);
  await held.reached;
  const newer = await world.idToken({ acr: 'phr' });
  await second?.adoptSignOn({ idToken: newer, refreshToken: 'rt-new', session: 'ses_alice' });
  held.release();
  await token;
  expect(await sessions.load('ses_alice')).toMatchObject({ idToken: newer, refreshToken: 'rt-new' });
  expect(world.idp.askedFor('/token').at(-1)?.form.get('subject_token')).toBe(newer);
});

verifies(['CLI-06', 'CLI-09'], 'a sign-on or sign-out in one process counts in the others', async () => {
  const [first, second] = await startProcesses();
  const before = await ask(first);
  await second?.adoptSignOn({ idToken: await world.idToken({ acr: 'phr' }), session: 'ses_alice' });
  expect((await ask(first)).value).not.toBe(before.value);
  await second?.signOut('ses_alice');
  await expectFailure(ask(first), 'session_unknown', 'sign_on');
});

const tradesRefreshTokens = (sub: 'refresh_token' | 'id_token' = 'refresh_token') =>
  startWorld((options) => ({ ...options, idp: { ...options.idp, subject: sub } }));
const subjects = () =>
  world.idp
    .askedFor('/token')
    .flatMap(({ form }) => (form.has('subject_token') ? [form.get('subject_token_type')?.split(':').at(-1)] : []));

verifies('CLI-10', 'a refresh token is traded as it is, where the options say so, and is not consumed', async () => {
  world = await tradesRefreshTokens();
  await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first', session: 'ses_alice' });
  world.clock.now += 700_000;
  await ask(world.client);
  world.clock.now += 700_000;
  await ask(world.client);
  expect(subjects()).toEqual(['refresh_token', 'refresh_token']);
  expect(refreshes()).toEqual([]);
});

for (const [error, times] of [
  ['invalid_grant', 2],
  ['invalid_request', 1],
  ['invalid_request', 1],
] as const) {
  verifies('CLI-10', `an identity provider that answers ${error} to a refresh token gets the ID token`, async () => {
    world = await tradesRefreshTokens();
    await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first', session: 'ses_alice' });
    world.idp.answer('POST /token', ({ form }) =>
      form.get('subject_token') === 'rt-first' ? oauthError(error) : exchangeAnswer(world.idJag()),
    );
    await ask(world.client);
    await world.client.accessToken({ session: 'ses_alice', resource: world.resource, scopes: ['other'] });
    expect(subjects().filter((type) => type === 'refresh_token')).toHaveLength(times);
    expect(subjects().filter((type) => type === 'id_token')).toHaveLength(2);
  });
}
