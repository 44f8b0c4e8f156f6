import { verifies } from '@crossgrant/testkit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { createCrossgrantClient, createMemorySessions, isCrossgrantError } from '../src/index.ts';
import { createLogoutReceiver } from '../src/web/index.ts';
import { expectFailure } from './expect-failure.ts';
import { startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world?.close());

const event = 'http://schemas.openid.net/event/backchannel-logout';

/** A logout token signed by the fake identity provider; its ID tokens and logout tokens share one key. */
async function logoutToken(claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(world.clock.now / 1000);
  const all = { iat: now, exp: now + 120, jti: crypto.randomUUID(), sub: 'alice', events: { [event]: {} }, ...claims };
  return world.idToken({ auth_time: undefined, ...all });
}
const ask = (session = 'ses_alice') => world.client.accessToken({ session, resource: world.resource });

verifies(['SSO-07', 'CLI-09'], 'a logout of the identity provider ends the session with all its tokens', async () => {
  world = await startWorld();
  await world.client.adoptSignOn({ idToken: await world.idToken({ sub: 'bob' }), session: 'ses_bob' });
  await Promise.all([ask(), ask('ses_bob')]);
  await world.client.receiveLogoutToken(await logoutToken());
  await expectFailure(ask(), 'session_unknown', 'sign_on');
  await ask('ses_bob');
});

verifies(
  'SSO-07',
  'a logout of one session at the identity provider ends that one, and those that do not know theirs',
  async () => {
    world = await startWorld();
    const adopt = async (session: string, sid?: string) =>
      world.client.adoptSignOn({ idToken: await world.idToken({ sid }), session });
    await adopt('ses_one', 's1');
    await adopt('ses_two', 's2');
    await world.client.receiveLogoutToken(await logoutToken({ sid: 's1' }));
    await expectFailure(ask('ses_one'), 'session_unknown', 'sign_on');
    await expectFailure(ask('ses_alice'), 'session_unknown', 'sign_on');
    await ask('ses_two');
    await world.client.receiveLogoutToken(await logoutToken({ sid: 's2', sub: undefined }));
    await expectFailure(ask('ses_two'), 'session_unknown', 'sign_on');
  },
);

verifies(['SSO-07', 'LES-93'], 'a logout that could not end a session is not done, and may be sent again', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  const { remove } = sessions;
  sessions.remove = () => Promise.reject(new Error('disk full'));
  const token = await logoutToken();
  await expectFailure(world.client.receiveLogoutToken(token), 'token_store_failed', 'sign_on');
  sessions.remove = remove;
  await world.client.receiveLogoutToken(token);
  await expectFailure(ask(), 'session_unknown', 'sign_on');
});

const wrong: readonly [string, Record<string, unknown>][] = [
  ['another issuer', { iss: 'https://evil.example' }],
  ['another audience', { aud: 'other-client' }],
  ['a nonce', { nonce: 'n' }],
  ['no event', { events: undefined }],
  ['no person and no session', { sub: undefined }],
  ['an expiry in the past', { exp: 1 }],
  ['no expiry', { exp: undefined }],
  ['no id', { jti: undefined }],
];
for (const [what, claims] of wrong) {
  verifies(['SSO-07', 'ATK-50'], `a logout token with ${what} ends nothing`, async () => {
    world = await startWorld();
    await expectFailure(world.client.receiveLogoutToken(await logoutToken(claims)), 'logout_token_refused', 'sign_on');
    await ask();
  });
}

verifies(['SSO-07', 'ATK-50'], 'a logout token with no signature, or that of somebody else, ends nothing', async () => {
  world = await startWorld();
  const good = await logoutToken();
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const claims = JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString());
  const jwk = await exportJWK(publicKey);
  const foreign = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1', jwk }).sign(privateKey);
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`;
  const secret = new TextEncoder().encode(JSON.stringify(jwk));
  const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
  for (const token of [foreign, unsigned, symmetric, '', 'a.b.c', `${good}x`, 'x'.repeat(20_000)])
    await expectFailure(world.client.receiveLogoutToken(token), 'logout_token_refused', 'sign_on');
  await ask();
});

verifies(['SSO-07', 'ATK-50'], 'a logout token counts once, and not for a sign-on after it', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  const token = await logoutToken();
  await world.client.receiveLogoutToken(token);
  world.clock.now += 5_000;
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_alice' });
  await expectFailure(world.client.receiveLogoutToken(token), 'logout_token_refused', 'sign_on');
  await createCrossgrantClient(world.options).receiveLogoutToken(token);
  await ask();
});

verifies(
  ['SSO-07', 'ATK-50'],
  'a logout does not reach sessions of another identity provider in the same store',
  async () => {
    const sessions = createMemorySessions();
    world = await startWorld((options) => ({ ...options, sessions }));
    await sessions.save({ ...world.session, id: 'ses_foreign', issuer: world.stranger.url });
    await world.client.receiveLogoutToken(await logoutToken());
    expect(await sessions.load('ses_foreign')).toBeDefined();
    expect(await sessions.load('ses_alice')).toBeUndefined();
  },
);

verifies('SSO-07', 'keys are read again for a key that is new, at most every half minute', async () => {
  world = await startWorld();
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  await world.client.receiveLogoutToken(await logoutToken({ sub: 'nobody' }));
  const now = Math.floor(world.clock.now / 1000);
  const base = {
    iss: world.idp.url,
    aud: 'agent-at-acme',
    iat: now,
    exp: now + 300,
    sub: 'alice',
    events: { [event]: {} },
  };
  const token = await new SignJWT({ ...base, jti: 'n1' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k2' })
    .sign(privateKey);
  world.idp.answer('GET /jwks', async () => ({ json: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k2' }] } }));
  await expectFailure(world.client.receiveLogoutToken(token), 'logout_token_refused', 'sign_on');
  world.clock.now += 31_000;
  await world.client.receiveLogoutToken(token);
  await expectFailure(ask(), 'session_unknown', 'sign_on');
});

const post = (
  body: string,
  headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' },
) => new Request('https://agent.example/logout', { method: 'POST', body, headers });

verifies(
  'SSO-07',
  'the receiver answers 200, or 400 to what is wrong, and never lets an answer be stored',
  async () => {
    world = await startWorld();
    const refused: unknown[] = [];
    const receiver = createLogoutReceiver(world.client, { onRefused: (failure) => refused.push(failure.code) });
    const good = new URLSearchParams({ logout_token: await logoutToken() }).toString();
    const bad = [
      post(''),
      post('logout_token=a.b.c'),
      post(`${good}&${good}`),
      post(good, { 'content-type': 'application/json' }),
      post(good + 'x'.repeat(70_000)),
      new Request('https://agent.example/logout?logout_token=x'),
    ];
    for (const request of bad) {
      const response = await receiver.respond(request);
      expect([response.status, response.headers.get('cache-control')]).toEqual([400, 'no-store']);
      expect(await response.json()).toEqual({ error: 'invalid_request' });
    }
    await ask();
    const response = await receiver.respond(post(good));
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    await expectFailure(ask(), 'session_unknown', 'sign_on');
    expect(refused).toEqual(['logout_token_refused']);
  },
);

test('a store that is down is the fault of the receiver, so that the identity provider tries again', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  const failures: unknown[] = [];
  const receiver = createLogoutReceiver(world.client, { onRefused: (failure) => failures.push(failure) });
  sessions.find = () => Promise.reject(new Error('gone'));
  const good = new URLSearchParams({ logout_token: await logoutToken() }).toString();
  expect((await receiver.respond(post(good))).status).toBe(500);
  expect(failures.every(isCrossgrantError)).toBe(true);
});
