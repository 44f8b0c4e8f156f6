import { connect } from 'node:net';
import { verifies } from '@crossgrant/testkit';
import { afterEach, expect } from 'vitest';
import { CrossgrantMisuse, createMemorySessions, none } from '../src/index.ts';
import { signOnWithBrowser } from '../src/loopback/index.ts';
import { expectFailure } from './expect-failure.ts';
import { metadata, oauthError, startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

const redirectUri = 'https://agent.example/cb';
type Pending = Awaited<ReturnType<World['client']['beginSignOn']>>['pending'];

/** The identity provider hands out an ID token with the nonce of this sign-on. */
async function answerCode(pending: Pending, claims: Record<string, unknown> = {}): Promise<void> {
  const idToken = await world.idToken({ nonce: pending.nonce, sid: 's1', ...claims });
  const tokens = { access_token: 'at', token_type: 'Bearer', id_token: idToken, refresh_token: 'rt-first' };
  world.idp.answer('POST /token', () => ({ json: tokens }));
}

const callbackOf = (pending: Pending, more: Record<string, string> = {}) =>
  `${pending.redirectUri}?${new URLSearchParams({ code: 'c1', state: pending.state, iss: world.idp.url, ...more })}`;

verifies('BCP-02', 'a sign-on asks with PKCE, state and nonce, and ends in a stored session', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  const { url, pending } = await world.client.beginSignOn({ redirectUri, extra: { login_hint: 'alice' } });
  const asked = Object.fromEntries(new URL(url).searchParams);
  expect(asked).toMatchObject({
    response_type: 'code',
    client_id: 'agent-at-acme',
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge_method: 'S256',
    login_hint: 'alice',
  });
  await answerCode(pending);
  const session = await world.client.finishSignOn(pending, callbackOf(pending));
  expect(session).toMatchObject({ subject: 'alice', issuer: world.idp.url, refreshToken: 'rt-first', sid: 's1' });
  expect(await sessions.load(session.id)).toEqual(session);
  const form = world.idp.askedFor('/token')[0]?.form;
  expect(form?.get('code_verifier')).toBe(pending.codeVerifier);
});

const foreignAnswers: readonly [string, Record<string, string>][] = [
  ['another state', { state: 'other' }],
  ['another issuer', { iss: 'https://evil.example' }],
  ['an issuer with a slash', { iss: 'slash' }],
  ['no issuer though promised', { iss: '' }],
];
for (const [what, more] of foreignAnswers) {
  verifies('BCP-02', `an authorization response with ${what} is refused before the code goes anywhere`, async () => {
    world = await startWorld();
    const { pending } = await world.client.beginSignOn({ redirectUri });
    await answerCode(pending);
    const answer = new URL(callbackOf(pending, more.iss === 'slash' ? { iss: `${world.idp.url}/` } : more));
    if (more.iss === '') answer.searchParams.delete('iss');
    const finish = world.client.finishSignOn(pending, answer.href);
    await expectFailure(finish, 'authorization_response_refused', 'sign_on');
    expect(world.secretsSeenBy(world.idp)).toEqual([]);
  });
}

verifies(
  ['BCP-02', 'LES-91'],
  'a sign-on that was begun at another identity provider is not finished here',
  async () => {
    world = await startWorld();
    const { pending } = await world.client.beginSignOn({ redirectUri });
    const finish = world.client.finishSignOn({ ...pending, issuer: world.stranger.url }, callbackOf(pending));
    await expectFailure(finish, 'issuer_mismatch', 'sign_on');
    expect(world.stranger.asked).toEqual([]);
    expect(world.secretsSeenBy(world.idp)).toEqual([]);
  },
);

const badIdTokens: readonly [string, Record<string, unknown>][] = [
  ['another nonce', { nonce: 'other' }],
  ['no nonce', { nonce: undefined }],
  ['another audience', { aud: 'other-client' }],
  ['another issuer', { iss: 'https://evil.example' }],
  ['an expiry in the past', { exp: 1 }],
  ['no subject', { sub: undefined }],
  ['an old sign-on', { auth_time: 1 }],
];
for (const [what, claims] of badIdTokens) {
  verifies('CLI-09', `an ID token with ${what} does not become a session`, async () => {
    const sessions = createMemorySessions();
    world = await startWorld((options) => ({ ...options, sessions }));
    const { pending } = await world.client.beginSignOn({ redirectUri, maxAge: 300, session: 'ses_new' });
    await answerCode(pending, claims);
    const finish = world.client.finishSignOn(pending, callbackOf(pending));
    await expectFailure(finish, 'id_token_invalid', 'sign_on');
    expect(await sessions.load('ses_new')).toBeUndefined();
  });
}

verifies('CLI-01', 'an ID token that somebody else signed does not become a session', async () => {
  world = await startWorld();
  const { pending } = await world.client.beginSignOn({ redirectUri });
  await answerCode(pending);
  world.idp.answer('GET /jwks', () => ({ json: { keys: [] } }));
  const finish = world.client.finishSignOn(pending, callbackOf(pending));
  await expectFailure(finish, 'id_token_invalid', 'sign_on');
});

verifies('STP-04', 'a step-up asks with exactly the demands, for the same person', async () => {
  world = await startWorld();
  const request = {
    redirectUri,
    session: 'ses_alice',
    acrValues: ['phr', 'phrh'],
    maxAge: 0,
    prompt: 'login' as const,
  };
  const { url, pending } = await world.client.beginSignOn(request);
  const { searchParams } = new URL(url);
  expect([searchParams.get('acr_values'), searchParams.get('max_age'), searchParams.get('prompt')]).toEqual([
    'phr phrh',
    '0',
    'login',
  ]);
  await answerCode(pending, { sub: 'mallory' });
  await expectFailure(world.client.finishSignOn(pending, callbackOf(pending)), 'account_switched', 'sign_on');
});

for (const name of [
  'state',
  'nonce',
  'code_challenge',
  'redirect_uri',
  'client_id',
  'response_type',
  'request',
  'request_uri',
]) {
  verifies('LES-94', `the extra parameter ${name} is misuse`, async () => {
    world = await startWorld();
    const begin = world.client.beginSignOn({ redirectUri, extra: { [name]: 'x' } });
    await expect(begin).rejects.toBeInstanceOf(CrossgrantMisuse);
    expect(world.seen).toEqual([]);
  });
}

verifies('LES-92', 'an authorization endpoint that is no web address is not opened', async () => {
  for (const endpoint of ['file:///etc/passwd', 'javascript:alert(1)', 'http://evil.example/authorize']) {
    world = await startWorld();
    world.idp.answer('GET /.well-known/oauth-authorization-server', () =>
      metadata(world.idp.url, { authorization_endpoint: endpoint }),
    );
    await expectFailure(world.client.beginSignOn({ redirectUri }), 'browser_refused', 'sign_on');
    await world.close();
  }
});

verifies('CLI-07', 'a refusal at the authorization endpoint or of the code is told with its OAuth error', async () => {
  world = await startWorld();
  const { pending } = await world.client.beginSignOn({ redirectUri });
  const denied = callbackOf(pending, { error: 'access_denied' });
  const failure = await expectFailure(world.client.finishSignOn(pending, denied), 'sign_on_failed', 'sign_on');
  expect(failure.oauth).toEqual({ error: 'access_denied' });
  world.idp.answer('POST /token', () => oauthError('invalid_client', {}, 401));
  await expectFailure(world.client.finishSignOn(pending, callbackOf(pending)), 'client_misconfigured', 'sign_on');
});

verifies('LES-92', 'the loopback listener takes one answer, with the right state, and is gone then', async () => {
  world = await startWorld((options) => ({ ...options, idp: { ...options.idp, auth: none() } }));
  const notes: string[] = [];
  let port = 0;
  const open = async (url: string) => {
    const asked = new URL(url).searchParams;
    const callback = asked.get('redirect_uri') as string;
    port = Number(new URL(callback).port);
    expect(callback).toBe(`http://127.0.0.1:${port}/callback`);
    await answerCode({ nonce: asked.get('nonce') } as Pending);
    notes.push(String((await fetch(`${callback}?code=c0&state=wrong`)).status));
    notes.push(String((await fetch(callback.replace('/callback', '/other'))).status));
    notes.push(String((await fetch(callback, { method: 'POST' })).status));
    const right = new URLSearchParams({ code: 'c1', state: asked.get('state') as string, iss: world.idp.url });
    const page = await fetch(`${callback}?${right}`);
    notes.push(String(page.status), String((await page.text()).includes('signed on')));
    notes.push(
      await fetch(`${callback}?code=c2&state=${right.get('state')}`).then(
        () => 'answered',
        () => 'refused',
      ),
    );
  };
  const session = await signOnWithBrowser(world.client, { open, timeoutMs: 5_000 });
  expect(session.subject).toBe('alice');
  expect(notes).toEqual(['400', '404', '404', '200', 'true', 'refused']);
  expect(world.idp.askedFor('/token').map((entry) => entry.form.get('code'))).toEqual(['c1']);
  expect(await canConnect(port)).toBe(false);
});

verifies('LES-92', 'the listener is on 127.0.0.1 alone and checks the host it is called by', async () => {
  world = await startWorld();
  const open = async (url: string) => {
    const callback = new URL(new URL(url).searchParams.get('redirect_uri') as string);
    expect(await canConnect(Number(callback.port), '::1')).toBe(false);
    expect(await canConnect(Number(callback.port), '127.0.0.2')).toBe(false);
  };
  await expectFailure(signOnWithBrowser(world.client, { open, timeoutMs: 50 }), 'sign_on_timeout', 'sign_on');
});

verifies('LES-92', 'a sign-on that is abandoned or cannot open closes its listener', async () => {
  world = await startWorld();
  let port = 0;
  const open = (url: string) => {
    port = Number(new URL(new URL(url).searchParams.get('redirect_uri') as string).port);
    throw new Error('no display');
  };
  await expect(signOnWithBrowser(world.client, { open })).rejects.toThrow('no display');
  expect(await canConnect(port)).toBe(false);
  const stop = new AbortController();
  const waiting = signOnWithBrowser(world.client, { open: () => stop.abort(), signal: stop.signal });
  await expectFailure(waiting, 'sign_on_timeout', 'sign_on');
});

function canConnect(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
