import { request } from 'node:http';
import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, expect } from 'vitest';
import { agent, alice, askSignOn, redeemCallback, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

const registered = ['https://app.example/cb', 'http://127.0.0.1:5/cb', 'http://localhost:5/cb', 'com.example.app:/cb'];
let world: SignOnWorld;

beforeAll(async () => {
  world = await startSignOnWorld({ clients: [{ ...agent, redirectUris: registered }] });
});
afterAll(() => world.close());

/** Asks without a session, so that every answer is a redirect to the app, or a page. */
async function ask(redirectUri: string, more: Record<string, string> = {}) {
  const asked = await askSignOn(world, 'agent', { redirect_uri: redirectUri, prompt: 'none', ...more });
  const response = await fetch(asked.url, { redirect: 'manual' });
  return { status: response.status, location: response.headers.get('location'), html: await response.text() };
}

verifies(
  'LES-01',
  'a redirect URI that is not the registered bytes gets a page at the issuer and no redirect',
  async () => {
    const asked = [
      'https://app.example/cb/../x',
      'https://app.example/cb?',
      'https://app.example/cb?x=1',
      'https://app.example/cb#',
      'https://app.example/cb#f',
      'https://app.example/%63b',
      'HTTPS://app.example/cb',
      'https://APP.example/cb',
      'https://app.example:443/cb',
      'https://app.example/cb/',
      'https://app.example//cb',
      'https://app.example/cb%20',
      'https://user@app.example/cb',
      'https://evil.example/cb',
      'https://app.example.evil.example/cb',
      'com.example.app:/cb2',
      'COM.example.app:/cb',
      'javascript:alert(1)',
      '//app.example/cb',
      '/cb',
      '',
    ];
    for (const redirectUri of asked) {
      const errors: Record<string, string>[] = [
        {},
        { response_type: 'token' },
        { scope: 'a"b' },
        { code_challenge_method: 'plain' },
        { prompt: 'login none' },
      ];
      for (const more of errors) {
        const answer = await ask(redirectUri, more);
        expect([redirectUri, answer.status, answer.location]).toEqual([redirectUri, 400, null]);
        expect(answer.html).toContain('</main>');
      }
    }
    const twice = await askSignOn(world, 'agent', { redirect_uri: registered[0], prompt: 'none' });
    twice.url.searchParams.append('redirect_uri', 'https://evil.example/cb');
    const answer = await fetch(twice.url, { redirect: 'manual' });
    expect(answer.headers.get('location') ?? '').not.toContain('evil');
  },
);

verifies(['LES-01', 'SSO-01'], 'a registered redirect URI is answered, also with an error', async () => {
  for (const redirectUri of registered) {
    const { status, location } = await ask(redirectUri);
    expect([status, location?.startsWith(`${redirectUri}?error=login_required`)]).toEqual([303, true]);
  }
});

verifies(['LES-02', 'SSO-01'], 'only loopback literals may differ in their port', async () => {
  expect((await ask('http://127.0.0.1:61234/cb')).location).toMatch(
    /^http:\/\/127\.0\.0\.1:61234\/cb\?error=login_required/,
  );
  const refused = [
    'http://0.0.0.0/cb',
    'http://0.0.0.0:5/cb',
    'http://127.0.0.1.nip.io/cb',
    'http://evil-localhost.example/cb',
    'http://localhost:6/cb',
    'http://localhost/cb',
    'http://127.0.0.2:5/cb',
    'http://[::1]:5/cb',
    'http://[::]:5/cb',
    'http://127.1:5/cb',
    'http://2130706433:5/cb',
    'https://127.0.0.1:5/cb',
    'http://127.0.0.1:5/cb2',
    'http://127.0.0.1:5@evil.example/cb',
    'http://127.0.0.1:99999/cb',
    'http://127.0.0.1:5x/cb',
    'https://app.example:444/cb',
  ];
  for (const redirectUri of refused)
    expect([redirectUri, (await ask(redirectUri)).location]).toEqual([redirectUri, null]);
});

verifies('LES-01', 'sign-out leads to registered addresses alone', async () => {
  for (const target of [
    'https://app.example/bye/',
    'https://app.example/bye?x',
    'https://evil.example/',
    'HTTPS://app.example/bye',
  ]) {
    const url = new URL('/logout', world.issuer);
    url.searchParams.set('client_id', 'agent');
    url.searchParams.set('post_logout_redirect_uri', target);
    const answer = await fetch(url, { redirect: 'manual' });
    expect([target, answer.status, answer.headers.get('location')]).toEqual([target, 400, null]);
  }
  const url = new URL('/logout', world.issuer);
  url.searchParams.set('client_id', 'agent');
  url.searchParams.set('post_logout_redirect_uri', 'https://app.example/bye');
  expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('https://app.example/bye');
});

verifies(
  'LES-13',
  'links come from the issuer, whatever host, forwarded header or target form the request has',
  async () => {
    const asked = await askSignOn(world, 'agent', { redirect_uri: registered[0] });
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example;proto=https',
    };
    for (const path of [
      `${asked.url.pathname}${asked.url.search}`,
      `http://evil.example${asked.url.pathname}${asked.url.search}`,
    ]) {
      const location = await new Promise<string | undefined>((resolve, reject) => {
        const sent = request(world.issuer, { path, headers }, (response) =>
          resolve(response.resume().headers.location),
        );
        sent.on('error', reject);
        sent.end();
      });
      expect(location).toMatch(/^\/sign-on\/[\w-]{43}$/);
    }
    for (const path of ['//evil', '/%5Cevil', '/%09//evil', '/https:evil', '//evil.example/authorize']) {
      const answer = await fetch(`${world.issuer}${path}`, { redirect: 'manual', headers: { accept: 'text/html' } });
      expect([path, answer.headers.get('location')]).toEqual([path, null]);
    }
  },
);

verifies('LES-13', 'after the form, the browser goes on at the issuer and then to the registered address', async () => {
  const browser = createRobotBrowser();
  const asked = await askSignOn(world, 'agent', { redirect_uri: 'http://127.0.0.1:61234/cb' });
  const callback = await signOn(browser, asked.url, { username: 'alice', password: alice.password ?? '' });
  const hops = browser.hops().map((hop) => hop.location?.replace(/[\w-]{43}/, 'ID'));
  expect(hops[0]).toBe(`${world.issuer}/authorize/ID`);
  expect(callback.origin).toBe('http://127.0.0.1:61234');
});

verifies('LES-17', 'pages print the words of the catalogue, never those of the request', async () => {
  const text = 'Call+555-0100+now';
  for (const path of [
    `/authorize?error=access_denied&error_description=${text}&client_id=${text}`,
    `/logout?post_logout_redirect_uri=${text}&client_id=${text}`,
    `/${text}`,
    `/sign-on/${'a'.repeat(43)}?error_description=${text}`,
    `/logout/success?client_id=${text}`,
  ]) {
    const answer = await fetch(`${world.issuer}${path}`, { headers: { accept: 'text/html' } });
    const html = await answer.text();
    expect(html).toContain('</main>');
    expect(html).not.toMatch(/555.{0,3}0100/);
  }
});

verifies('LES-17', 'an address that could not be registered today is not emitted, even from the database', async () => {
  const own = await startSignOnWorld({ clients: [agent] });
  const planted = JSON.stringify(['javascript:alert(1)', 'http://evil.example/cb', 'https://app.example/cb']);
  await own.database.kysely.updateTable('client_apps').set({ redirect_uris: planted }).execute();
  for (const redirectUri of ['javascript:alert(1)', 'http://evil.example/cb']) {
    const asked = await askSignOn(own, 'agent', { redirect_uri: redirectUri, prompt: 'none' });
    const answer = await fetch(asked.url, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  }
  await own.close();
});

verifies('SSO-01', 'the redirect URI of the code must be repeated at the token endpoint', async () => {
  const asked = await askSignOn(world, 'agent', { redirect_uri: registered[0] });
  const callback = await signOn(createRobotBrowser(), asked.url, { username: 'alice', password: alice.password ?? '' });
  await expect(redeemCallback(world, asked, callback)).rejects.toMatchObject({ error: 'invalid_grant' });
});
