import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import { expect, test } from 'vitest';
import { alice, askSignOn, startSignOnWorld } from './sign-on-world.ts';

const person = { username: 'alice', password: alice.password ?? '' };

verifies(
  ['LES-03', 'LES-13'],
  'behind a TLS proxy cookies are locked to the host and every link is the public issuer',
  async () => {
    const world = await startSignOnWorld({ issuer: 'https://idp.acme.example' });
    const replica = await world.replica();
    const browser = createRobotBrowser();
    const { url } = await askSignOn(world);
    const started = await browser.request(`${replica.origin}${url.pathname}${url.search}`);
    const [cookie = ''] = started.headers.getSetCookie();
    expect(cookie).toMatch(
      /^__Host-cg-[0-9a-f]{10}-interaction-[\w-]{43}=[\w-]{43}; path=\/; httponly; samesite=lax; secure; max-age=900$/,
    );

    const sent = await browser.request(`${replica.origin}${started.headers.get('location')}`, {
      method: 'POST',
      body: new URLSearchParams(person).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: world.issuer },
    });
    expect(sent.headers.get('location')).toMatch(/^https:\/\/idp\.acme\.example\/authorize\/[\w-]{43}$/);
    const resumed = await browser.request(`${replica.origin}${new URL(sent.headers.get('location') ?? '').pathname}`);
    expect(new URL(resumed.headers.get('location') ?? '').searchParams.get('iss')).toBe(world.issuer);
    expect(
      resumed.headers
        .getSetCookie()
        .some((line) =>
          /^__Host-cg-[0-9a-f]{10}-session=[\w-]{43}; path=\/; httponly; samesite=lax; secure; expires=/.test(line),
        ),
    ).toBe(true);
    expect((await world.metadata()).token_endpoint).toBe('https://idp.acme.example/token');
    await replica.close();
    await world.close();
  },
);

test('an issuer with a path serves everything below it', async () => {
  const world = await startSignOnWorld();
  const issuer = `${world.issuer}/acme`;
  const below = await startSignOnWorld({ issuer });
  const replica = await below.replica();
  const { url } = await askSignOn(below);
  const browser = createRobotBrowser();
  const started = await browser.request(`${replica.origin}/acme/authorize${url.search}`);
  expect(started.headers.get('location')).toMatch(/^\/acme\/sign-on\/[\w-]{43}$/);
  const sent = await browser.request(`${replica.origin}${started.headers.get('location')}`, {
    method: 'POST',
    body: new URLSearchParams(person).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(sent.headers.get('location')).toMatch(new RegExp(`^${issuer}/authorize/[\\w-]{43}$`));
  const resumed = await browser.request(`${replica.origin}${new URL(sent.headers.get('location') ?? '').pathname}`);
  expect(resumed.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:9\/cb\?code=/);
  expect((await below.metadata()).token_endpoint).toBe(`${issuer}/token`);
  await Promise.all([replica.close(), world.close()]);
  await below.close();
});

test('a form that another site sends becomes a navigation, which brings the cookies', async () => {
  const world = await startSignOnWorld();
  const { url } = await askSignOn(world);
  const answer = await fetch(`${world.issuer}/authorize`, {
    method: 'POST',
    body: url.searchParams,
    redirect: 'manual',
  });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, url.href]);
  await expect(signOn(createRobotBrowser(), answer.headers.get('location') ?? '', person)).resolves.toBeDefined();
  await world.close();
});

test('http is for development on this machine', async () => {
  const world = await startSignOnWorld();
  await expect(startSignOnWorld({ issuer: 'http://idp.acme.example' })).rejects.toThrow(/must be an https URL/);
  await world.close();
});
