import { verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import { CrossgrantMisuse, createMemorySessions } from '../src/index.ts';
import { createWebSignOn, type WebSignOn } from '../src/web/index.ts';
import { expectFailure } from './expect-failure.ts';
import { oauthError, startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world?.close());

const redirectUri = 'https://agent.example/signed-on';
const secrets = ['s'.repeat(32)];
const newWeb = (more: object = {}) =>
  createWebSignOn(world.client, { redirectUri, secrets, now: () => world.clock.now, ...more });

/** The cookie that a browser would send for a `Set-Cookie` value. */
const cookieOf = (setCookie: string) => setCookie.split(';')[0] as string;

/** Signs on at the identity provider as `subject`: the answer that its browser brings to the callback. */
async function answerAs(subject: string, url: string): Promise<string> {
  const asked = new URL(url).searchParams;
  codes.set(`code-${subject}`, await world.idToken({ sub: subject, nonce: asked.get('nonce') }));
  world.idp.answer('POST /token', ({ form }) => {
    const idToken = codes.get(form.get('code') ?? '');
    if (idToken === undefined) return oauthError('invalid_grant');
    return { json: { access_token: 'at', token_type: 'Bearer', id_token: idToken, refresh_token: `rt-${subject}` } };
  });
  return `/signed-on?${new URLSearchParams({ code: `code-${subject}`, state: asked.get('state') ?? '', iss: world.idp.url })}`;
}
const codes = new Map<string, string>();

verifies('BCP-02', 'many people sign on at once, each in a browser of their own', async () => {
  const sessions = createMemorySessions();
  world = await startWorld((options) => ({ ...options, sessions }));
  const web = newWeb();
  const people = ['alice', 'bob', 'carol'];
  const begun = await Promise.all(people.map((person) => web.begin({ returnTo: `/home?of=${person}` })));
  const callbacks = await Promise.all(people.map((person, index) => answerAs(person, begun[index]?.url ?? '')));
  const finished = await Promise.all(
    callbacks.map((url, index) => web.finish({ url, cookie: `other=1; ${cookieOf(begun[index]?.setCookie ?? '')}` })),
  );
  expect(finished.map(({ session, returnTo }) => [session.subject, returnTo])).toEqual(
    people.map((person) => [person, `/home?of=${person}`]),
  );
  expect(new Set(finished.map(({ session }) => session.id)).size).toBe(3);
  for (const { session, setCookie } of finished) {
    expect(await sessions.load(session.id)).toMatchObject({ subject: session.subject });
    expect(setCookie).toMatch(
      /^__Host-crossgrant-sign-on-[0-9a-f]{16}=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
  }
});

verifies(['BCP-02', 'LES-03'], 'an answer that another browser brings is worth nothing', async () => {
  world = await startWorld();
  const web = newWeb();
  const [attacker, victim] = [await web.begin(), await web.begin()];
  const url = await answerAs('mallory', attacker.url);
  const failing = [
    undefined,
    null,
    '',
    cookieOf(victim.setCookie),
    'other=1',
    cookieOf(attacker.setCookie).replace(/=./, '=A'),
  ];
  for (const cookie of failing) await expectFailure(web.finish({ url, cookie }), 'sign_on_not_begun', 'sign_on');
  const doubled = `${cookieOf(attacker.setCookie)}; ${cookieOf(attacker.setCookie)}`;
  await expectFailure(web.finish({ url, cookie: doubled }), 'sign_on_not_begun', 'sign_on');
  const renamed = cookieOf(attacker.setCookie).replace(/^[^=]+/, cookieOf(victim.setCookie).split('=')[0] as string);
  const swapped = url.replace(/state=[^&]+/, `state=${new URL(victim.url).searchParams.get('state')}`);
  await expectFailure(web.finish({ url: swapped, cookie: renamed }), 'sign_on_not_begun', 'sign_on');
  expect(world.idp.askedFor('/token')).toEqual([]);
  expect((await web.finish({ url, cookie: cookieOf(attacker.setCookie) })).session.subject).toBe('mallory');
});

verifies('BCP-02', 'a sign-on ends after ten minutes, and with its secret', async () => {
  world = await startWorld();
  const begun = await newWeb().begin();
  const url = await answerAs('alice', begun.url);
  const cookie = cookieOf(begun.setCookie);
  const others = newWeb({ secrets: ['o'.repeat(32)] });
  await expectFailure(others.finish({ url, cookie }), 'sign_on_not_begun', 'sign_on');
  const rotated = newWeb({ secrets: ['o'.repeat(32), ...secrets] });
  world.clock.now += 600_000;
  await expectFailure(rotated.finish({ url, cookie }), 'sign_on_not_begun', 'sign_on');
  world.clock.now -= 1_000;
  expect((await rotated.finish({ url, cookie })).session.subject).toBe('alice');
});

verifies(
  'BCP-02',
  'the issuer and the state of the answer are checked, and what it says of the address is not believed',
  async () => {
    world = await startWorld();
    const web = newWeb();
    const begun = await web.begin();
    const cookie = cookieOf(begun.setCookie);
    const url = await answerAs('alice', begun.url);
    const foreign = url.replace(/iss=[^&]+/, `iss=${encodeURIComponent(world.stranger.url)}`);
    await expectFailure(web.finish({ url: foreign, cookie }), 'authorization_response_refused', 'sign_on');
    const doubled = `${url}&state=other`;
    await expectFailure(web.finish({ url: doubled, cookie }), 'authorization_response_refused', 'sign_on');
    expect(world.idp.askedFor('/token')).toEqual([]);
    const behindProxy = new URL(url, 'http://internal:8080').href;
    await web.finish({ url: behindProxy, cookie });
    expect(world.idp.askedFor('/token')[0]?.form.get('redirect_uri')).toBe(redirectUri);
  },
);

verifies('LES-13', 'the way back is a page of the application', async () => {
  world = await startWorld();
  const web = newWeb();
  for (const returnTo of [
    '//evil',
    '/\\evil',
    '/%09//evil'.replace('%09', '\t'),
    'https:evil',
    'https://evil.example',
    '',
    'home',
    '/a\nb',
  ])
    await expect(web.begin({ returnTo }), returnTo).rejects.toBeInstanceOf(CrossgrantMisuse);
  await web.begin({ returnTo: '/rooms/7?tab=a#top' });
});

verifies(
  ['STP-04', 'CLI-09'],
  'a stronger sign-on is for the session that began it, and for the same person',
  async () => {
    world = await startWorld();
    const web = newWeb();
    const demand = { session: 'ses_alice', acrValues: ['phr'], maxAge: 300, prompt: 'login' as const };
    const begun = await web.begin(demand);
    expect(Object.fromEntries(new URL(begun.url).searchParams)).toMatchObject({
      acr_values: 'phr',
      max_age: '300',
      prompt: 'login',
    });
    const cookie = cookieOf(begun.setCookie);
    const { session } = await web.finish({ url: await answerAs('alice', begun.url), cookie });
    expect(session.id).toBe('ses_alice');
    const again = await web.begin(demand);
    const switched = web.finish({ url: await answerAs('bob', again.url), cookie: cookieOf(again.setCookie) });
    await expectFailure(switched, 'account_switched', 'sign_on');
  },
);

test('frameworks with Request and Response need two lines', async () => {
  world = await startWorld();
  const web = newWeb();
  const response = await web.redirect({ returnTo: '/home' });
  expect(response.status).toBe(302);
  expect(response.headers.get('cache-control')).toBe('no-store');
  const location = response.headers.get('location') ?? '';
  const cookie = cookieOf(response.headers.get('set-cookie') ?? '');
  const url = new URL(await answerAs('alice', location), 'https://agent.example').href;
  const { session, returnTo } = await web.finishRequest(new Request(url, { headers: { cookie } }));
  expect([session.subject, returnTo]).toEqual(['alice', '/home']);
  expect(cookie).not.toContain(new URL(location).searchParams.get('state') ?? 'no state');
});

test('what cannot be right is the mistake of a developer', async () => {
  world = await startWorld();
  const wrong = [
    { secrets: [] },
    { secrets: ['short'] },
    { redirectUri: 'http://agent.example/cb' },
    { redirectUri: 'https://agent.example/cb?x=1' },
    { redirectUri: 'no address' },
  ];
  for (const more of wrong) expect(() => newWeb(more), JSON.stringify(more)).toThrow(CrossgrantMisuse);
  const local: WebSignOn = newWeb({ redirectUri: 'http://127.0.0.1:3000/cb' });
  expect((await local.begin()).setCookie).toMatch(
    /^crossgrant-sign-on-[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
  );
});

verifies('LES-15', 'a cookie whose name begins with another space is not ours', async () => {
  world = await startWorld();
  const web = newWeb();
  const begun = await web.begin();
  const url = await answerAs('alice', begun.url);
  for (const space of ['\u00a0', '\u2000', '\u000b'])
    await expectFailure(web.finish({ url, cookie: space + cookieOf(begun.setCookie) }), 'sign_on_not_begun', 'sign_on');
  await web.finish({ url, cookie: `\u00a0${cookieOf(begun.setCookie)}x; \t${cookieOf(begun.setCookie)}` });
});
