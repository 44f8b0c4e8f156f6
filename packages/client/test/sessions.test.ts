import { verifies } from '@crossgrant/testkit';
import { afterEach, expect } from 'vitest';
import { CrossgrantMisuse, createCrossgrantClient, createMemorySessions, type Session } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import { exchangeAnswer, startWorld, type World } from './fake-parties.ts';
import { createSlowStore } from './slow-store.ts';

let world: World;
afterEach(() => world.close());

const askToken = (session = 'ses_alice', more: object = {}) =>
  world.client.accessToken({ session, resource: world.resource, ...more });
const redemptions = () => world.ras.askedFor('/token').length;
const refreshes = () => world.idp.askedFor('/token').filter((entry) => entry.form.has('refresh_token'));
const withRefreshToken = async (id = 'ses_alice') =>
  world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first', session: id });

verifies('CLI-06', 'a token is used until shortly before it expires, and renewed then', async () => {
  world = await startWorld();
  const first = await askToken();
  expect((await askToken()).value).toBe(first.value);
  world.clock.now = first.expiresAt - 31_000;
  expect((await askToken()).value).toBe(first.value);
  world.clock.now = first.expiresAt - 29_000;
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_alice' });
  expect((await askToken()).value).not.toBe(first.value);
});

verifies('CLI-06', 'callers at the same time share one exchange and one redemption', async () => {
  world = await startWorld();
  const tokens = await Promise.all(Array.from({ length: 20 }, () => askToken()));
  expect(new Set(tokens.map((token) => token.value)).size).toBe(1);
  expect(redemptions()).toBe(1);
});

verifies('CLI-06', 'another scope set is another token, in whatever order it is written', async () => {
  world = await startWorld();
  const both = await askToken('ses_alice', { scopes: ['a', 'b'] });
  expect((await askToken('ses_alice', { scopes: ['b', 'a'] })).value).toBe(both.value);
  expect((await askToken('ses_alice', { scopes: ['a'] })).value).not.toBe(both.value);
  expect(redemptions()).toBe(2);
});

verifies(['CLI-06', 'ATK-64'], 'another resource of the same server is another token', async () => {
  world = await startWorld();
  const other = `${world.mcp.url}/other`;
  world.mcp.answer('GET /.well-known/oauth-protected-resource/other', () => ({
    json: { resource: other, authorization_servers: [world.ras.url] },
  }));
  const first = await askToken('ses_alice', { scopes: ['a'] });
  world.idp.answer('POST /token', () => exchangeAnswer(world.idJag({ resource: other })));
  const second = await askToken('ses_alice', { scopes: ['a'], resource: other });
  expect(second.value).not.toBe(first.value);
  expect(second.resource).toBe(other);
});

verifies(
  ['ATK-64', 'CLI-06'],
  'two people never share a token, not even when a store gives both one session id',
  async () => {
    const sessions = createMemorySessions();
    world = await startWorld((options) => ({ ...options, sessions }));
    const alice = await askToken();
    const bob: Session = { ...world.session, subject: 'bob', idToken: await world.idToken({ sub: 'bob' }) };
    await sessions.save(bob);
    expect((await askToken()).value).not.toBe(alice.value);
    await sessions.save({ ...bob, id: 'ses_bob' });
    expect((await askToken('ses_bob')).value).not.toBe(alice.value);
    expect(redemptions()).toBe(3);
  },
);

verifies('DEL-01', 'tokens belong to one session, also between two sessions of one person', async () => {
  world = await startWorld();
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_second' });
  const first = await askToken();
  expect((await askToken()).value).toBe(first.value);
  expect((await askToken('ses_second')).value).not.toBe(first.value);
  await world.client.signOut('ses_second');
  expect((await askToken()).value).toBe(first.value);
});

verifies('CLI-09', 'sign-out forgets session and tokens', async () => {
  world = await startWorld();
  const first = await askToken();
  await world.client.signOut('ses_alice');
  await expectFailure(askToken(), 'session_unknown', 'sign_on');
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_alice' });
  expect((await askToken()).value).not.toBe(first.value);
});

verifies('CLI-09', 'a request under way at sign-out yields nothing and leaves nothing', async () => {
  world = await startWorld();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const started = new Promise<void>((resolve) => {
    world.ras.answer('POST /token', async () => {
      resolve();
      await held;
      return { json: { access_token: 'access-late', token_type: 'Bearer', expires_in: 600 } };
    });
  });
  const pending = askToken();
  pending.catch(() => undefined);
  await started;
  await world.client.signOut('ses_alice');
  release();
  await expectFailure(pending, 'signed_out', 'redeem');

  world.ras.answer('POST /token', () => ({ json: { access_token: 'access-new', token_type: 'Bearer' } }));
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_alice' });
  expect((await askToken()).value).toBe('access-new');
});

verifies('CLI-09', 'a refresh under way at sign-out does not bring the session back', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  await withRefreshToken();
  world.clock.now += 700_000;
  const fresh = await world.idToken();
  world.idp.answer('POST /token', async () => {
    await world.client.signOut('ses_alice');
    return { json: { access_token: 'at', token_type: 'Bearer', id_token: fresh, refresh_token: 'rt-next' } };
  });
  await expectFailure(askToken(), 'signed_out', 'sign_on');
  expect(await sessions.load('ses_alice')).toBeUndefined();
});

verifies('CLI-09', 'a logout of the identity provider ends all sessions of the person', async () => {
  world = await startWorld();
  await world.client.adoptSignOn({ idToken: await world.idToken({ sid: 's1' }), session: 'ses_second' });
  await world.client.adoptSignOn({ idToken: await world.idToken({ sub: 'bob' }), session: 'ses_bob' });
  await world.client.signOutEverywhere({ subject: 'alice', sid: 's1' });
  await expectFailure(askToken('ses_second'), 'session_unknown', 'sign_on');
  await askToken();
  await world.client.signOutEverywhere({ subject: 'alice' });
  await expectFailure(askToken(), 'session_unknown', 'sign_on');
  await world.client.signOutEverywhere({});
  await askToken('ses_bob');
});

verifies(['CLI-09', 'ATK-64'], 'another person under the same session ends it', async () => {
  world = await startWorld();
  await askToken();
  const switched = world.client.adoptSignOn({ idToken: await world.idToken({ sub: 'mallory' }), session: 'ses_alice' });
  await expectFailure(switched, 'account_switched', 'sign_on');
  await expectFailure(askToken(), 'session_unknown', 'sign_on');
});

verifies('CLI-09', 'a refresh that speaks of another person ends the session', async () => {
  world = await startWorld();
  await withRefreshToken();
  world.clock.now += 700_000;
  const other = await world.idToken({ sub: 'mallory' });
  world.idp.answer('POST /token', () => ({ json: { access_token: 'at', token_type: 'Bearer', id_token: other } }));
  await expectFailure(askToken(), 'account_switched', 'sign_on');
  await expectFailure(askToken(), 'session_unknown', 'sign_on');
  expect(world.secretsSeenBy(world.ras)).toEqual([]);
});

verifies(['CLI-09', 'ATK-64'], 'a sign-on during recovery by another person ends the session', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  world.idp.answer('POST /token', () => ({ status: 400, json: { error: 'insufficient_user_authentication' } }));
  const idToken = await world.idToken({ sub: 'mallory' });
  const signOnAgain = () => sessions.save({ ...world.session, subject: 'mallory', idToken });
  await expectFailure(askToken('ses_alice', { signOnAgain }), 'account_switched', 'sign_on');
  expect(world.idp.askedFor('/token').map((entry) => entry.form.get('subject_token'))).toEqual([world.session.idToken]);
});

verifies('CLI-10', 'an expired ID token is renewed with the refresh token, once for all callers', async () => {
  world = await startWorld();
  await withRefreshToken();
  await askToken('ses_alice', { scopes: ['while it is good'] });
  expect(refreshes()).toEqual([]);
  world.clock.now += 595_000;
  await Promise.all([askToken(), askToken('ses_alice', { scopes: ['a'] }), askToken('ses_alice', { scopes: ['b'] })]);
  expect(refreshes()).toHaveLength(1);
  world.clock.now += 700_000;
  await askToken();
  expect(refreshes().map((entry) => entry.form.get('refresh_token'))).toEqual(['rt-first', 'rt-next']);
});

verifies(
  ['CLI-10', 'DEL-01'],
  'an expired ID token without refresh token asks for a sign-on and leaves the store',
  async () => {
    const sessions = createMemorySessions();
    world = await startWorld((options) => ({ ...options, sessions }));
    world.clock.now += 700_000;
    await expectFailure(askToken(), 'sign_on_required', 'sign_on');
    expect(world.idp.askedFor('/token')).toEqual([]);
    expect((await sessions.load('ses_alice'))?.idToken).toBeUndefined();
  },
);

verifies('CLI-10', 'an ID token with a forged signature is not taken from a refresh', async () => {
  world = await startWorld();
  await withRefreshToken();
  world.clock.now += 700_000;
  const forged = (await world.idToken()).replace(/[^.]{20}$/, 'AAAAAAAAAAAAAAAAAAAA');
  world.idp.answer('POST /token', () => ({ json: { access_token: 'at', token_type: 'Bearer', id_token: forged } }));
  await expectFailure(askToken(), 'id_token_invalid', 'sign_on');
  expect(world.secretsSeenBy(world.ras)).toEqual([]);
});

verifies(
  'LES-93',
  'a rotated refresh token that cannot be stored is reported, and the old one is not sent again',
  async () => {
    const sessions = createSlowStore();
    world = await startWorld((options) => ({ ...options, sessions }));
    await withRefreshToken();
    world.clock.now += 700_000;
    sessions.breakDown(true);
    await expectFailure(askToken(), 'token_store_failed', 'sign_on');
    await expectFailure(askToken(), 'token_store_failed', 'sign_on');
    expect(refreshes()).toHaveLength(1);
    expect(world.secretsSeenBy(world.ras)).toEqual([]);

    sessions.breakDown(false);
    await askToken();
    expect((await sessions.load('ses_alice'))?.refreshToken).toBe('rt-next');
    expect(refreshes()).toHaveLength(1);
  },
);

verifies('LES-93', 'a store that cannot read is reported, and nothing is sent', async () => {
  const load = () => Promise.reject(new Error('disk gone'));
  world = await startWorld();
  const client = createCrossgrantClient({ ...world.options, sessions: { ...createMemorySessions(), load } });
  const request = { session: 'ses_alice', resource: world.resource };
  await expectFailure(client.accessToken(request), 'token_store_failed', 'sign_on');
  expect(world.seen).toEqual([]);
});

verifies('LES-93', 'a store that forgets what it saved does not make the client present a spent token', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  const before = await withRefreshToken();
  world.clock.now += 700_000;
  await askToken();
  await sessions.save(before);
  await expectFailure(askToken('ses_alice', { scopes: ['a'] }), 'token_store_failed', 'sign_on');
  expect(refreshes()).toHaveLength(1);
});

verifies(['LES-91', 'MCP-09'], 'a session of another identity provider is not used', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  await sessions.save({ ...world.session, id: 'ses_foreign', issuer: world.stranger.url });
  await expectFailure(askToken('ses_foreign'), 'issuer_mismatch', 'sign_on');
  const foreign = world.client.adoptSignOn({ idToken: await world.idToken({ iss: world.stranger.url }) });
  await expectFailure(foreign, 'id_token_invalid', 'sign_on');
  const notOurs = world.client.adoptSignOn({ idToken: await world.idToken({ aud: 'other-client' }) });
  await expectFailure(notOurs, 'id_token_invalid', 'sign_on');
  expect(world.seen).toEqual([]);
});

for (const id of ['..', 'a/b', '%2e%2e', '', 'x'.repeat(129)]) {
  verifies('LES-94', `"${id.slice(0, 8)}" is not a session id`, async () => {
    const asked: string[] = [];
    const load = async (name: string) => void asked.push(name);
    world = await startWorld();
    const sessions = { ...createMemorySessions(), load: load as never };
    const client = createCrossgrantClient({ ...world.options, sessions });
    const request = { session: id, resource: world.resource };
    await expect(client.accessToken(request)).rejects.toBeInstanceOf(CrossgrantMisuse);
    await expect(client.fetch(id, world.resource)).rejects.toBeInstanceOf(CrossgrantMisuse);
    await expect(client.adoptSignOn({ idToken: await world.idToken(), session: id })).rejects.toThrow(CrossgrantMisuse);
    expect(asked).toEqual([]);
    expect(world.seen).toEqual([]);
  });
}

verifies('CLI-01', 'a client that is printed or serialised shows no token', async () => {
  world = await startWorld();
  await askToken();
  const { inspect } = await import('node:util');
  expect(inspect(world.client, { depth: 10, showHidden: true }) + JSON.stringify(world.client)).not.toMatch(
    /eyJ|access-1/,
  );
});
