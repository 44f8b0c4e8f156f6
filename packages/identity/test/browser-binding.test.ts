import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, type RobotBrowser, type RobotPage, signOn } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, beforeAll, expect } from 'vitest';
import { findSession } from '../src/index.ts';
import { alice, askSignOn, redeemCallback, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

const person = { username: 'alice', password: alice.password ?? '' };
const bob = { username: 'bob', password: 'bobs password' };
let world: SignOnWorld;

beforeAll(async () => {
  world = await startSignOnWorld({ people: [alice, bob] });
});
afterAll(() => world.close());

async function openForm(browser: RobotBrowser): Promise<RobotPage> {
  const visit = await browser.visit((await askSignOn(world)).url);
  if (visit.kind !== 'page') throw new Error('no sign-on page');
  return visit.page;
}

function sessionCookie(browser: RobotBrowser): [string, string] {
  const found = [...browser.cookies].find(([name]) => name.endsWith('-session'));
  if (found === undefined) throw new Error('no session cookie');
  return found;
}

verifies(
  'LES-03',
  "somebody else's sign-on page does not open, and its form does not sign on, in another browser",
  async () => {
    const attacker = createRobotBrowser();
    const page = await openForm(attacker);
    const victim = createRobotBrowser();
    const opened = await victim.visit(page.url);
    expect(opened.kind === 'page' && opened.page.status).toBe(400);
    const sent = await victim.submit(page, person);
    expect(sent.kind === 'page' && sent.page.status).toBe(400);

    const resumed = await victim.visit(new URL(page.url.pathname.replace('/sign-on/', '/authorize/'), page.url));
    expect(resumed.kind === 'page' && resumed.page.status).toBe(400);
  },
);

verifies('LES-03', 'knowing the page does not make its cookie', async () => {
  const page = await openForm(createRobotBrowser());
  const id = page.url.pathname.split('/').at(-1) ?? '';
  const forger = createRobotBrowser();
  const [name = ''] = [
    ...(
      await (async () => {
        const b = createRobotBrowser();
        await openForm(b);
        return b;
      })()
    ).cookies.keys(),
  ];
  forger.cookies.set(name.replace(/interaction-.*/, `interaction-${id}`), id);
  const opened = await forger.visit(page.url);
  expect(opened.kind === 'page' && opened.page.status).toBe(400);
});

verifies('LES-03', 'two sign-ons in two tabs of one browser do not disturb each other', async () => {
  const browser = createRobotBrowser();
  const first = await openForm(browser);
  const second = await openForm(browser);
  expect((await browser.submit(first, person)).kind).toBe('left');
  expect((await browser.submit(second, person)).kind).toBe('left');
});

verifies('LES-03', 'a form from another origin is refused before the password is looked at', async () => {
  for (const origin of ['https://evil.example', 'null', `${world.issuer}.evil.example`]) {
    const browser = createRobotBrowser();
    const answer = await browser.submit(await openForm(browser), person, { origin });
    expect(answer.kind === 'page' && answer.page.status).toBe(403);
  }
});

verifies('LES-03', 'the session id after each sign-on is another one', async () => {
  const browser = createRobotBrowser();
  await signOn(browser, (await askSignOn(world)).url, person);
  const [name, before] = sessionCookie(browser);
  await signOn(browser, (await askSignOn(world, 'agent', { prompt: 'login' })).url, person);
  const [, after] = sessionCookie(browser);
  expect(after).not.toBe(before);
  const old = createRobotBrowser();
  old.cookies.set(name, before);
  const visit = await old.visit((await askSignOn(world, 'agent', { prompt: 'none' })).url);
  expect(visit.kind === 'left' && visit.url.searchParams.get('error')).toBe('login_required');
});

verifies(
  ['LES-03', 'SSO-05', 'SSO-10'],
  'without any cookie a sign-out by ID token ends the session; the next person gets nothing of it',
  async () => {
    const browser = createRobotBrowser();
    const asked = await askSignOn(world);
    const { response, claims } = await redeemCallback(world, asked, await signOn(browser, asked.url, person));
    const lost = new Map(browser.cookies);
    browser.cookies.clear();
    await browser.request(`${world.issuer}/logout?id_token_hint=${response.id_token}`);
    expect((await findSession(world.database, world.tenantId, String(claims.sid)))?.endedAt).toBeGreaterThan(0);

    const next = await askSignOn(world);
    const other = await redeemCallback(world, next, await signOn(browser, next.url, bob));
    expect(other.claims.sub).not.toBe(claims.sub);
    expect(other.claims.sid).not.toBe(claims.sid);

    for (const [name, value] of lost) browser.cookies.set(name, value);
    const silent = await browser.visit((await askSignOn(world, 'agent', { prompt: 'none' })).url);
    expect(silent.kind === 'left' && silent.url.searchParams.get('error')).toBe('login_required');
  },
);

verifies(
  'LES-03',
  'on a shared browser the second person gets a session of their own and the first is signed out',
  async () => {
    const browser = createRobotBrowser();
    const first = await askSignOn(world);
    const alices = await redeemCallback(world, first, await signOn(browser, first.url, person));
    const second = await askSignOn(world, 'agent', { prompt: 'login' });
    const page = await browser.visit(second.url);
    if (page.kind !== 'page') throw new Error('no sign-on page');
    const left = await browser.submit(page.page, bob);
    if (left.kind !== 'left') throw new Error('another page came between');
    const bobs = await redeemCallback(world, second, left.url);
    expect(bobs.claims.sub).not.toBe(alices.claims.sub);
    expect(bobs.claims.sid).not.toBe(alices.claims.sid);
    expect((await findSession(world.database, world.tenantId, String(alices.claims.sid)))?.endedAt).toBeGreaterThan(0);
  },
);

verifies(
  ['SSO-05', 'SSO-10'],
  'sign-out asks, ends the session at every app and leads back with the state',
  async () => {
    const browser = createRobotBrowser();
    const asked = await askSignOn(world);
    const { response, claims } = await redeemCallback(world, asked, await signOn(browser, asked.url, person));
    const url = new URL('/logout', world.issuer);
    url.searchParams.set('id_token_hint', response.id_token ?? '');
    url.searchParams.set('post_logout_redirect_uri', 'https://app.example/bye');
    url.searchParams.set('state', 's-1');
    const page = await browser.visit(url);
    if (page.kind !== 'page') throw new Error('nobody was asked');
    expect(page.page.html).toContain('Sign out?');
    const left = await browser.submit(page.page, { logout: 'yes' });
    expect(left.kind === 'left' && left.url.href).toBe('https://app.example/bye?state=s-1');
    expect((await findSession(world.database, world.tenantId, String(claims.sid)))?.endedAt).toBeGreaterThan(0);
    const silent = await browser.visit((await askSignOn(world, 'agent', { prompt: 'none' })).url);
    expect(silent.kind === 'left' && silent.url.searchParams.get('error')).toBe('login_required');
    const row = await world.database.kysely
      .selectFrom('audit_rows')
      .select('outcome')
      .where('kind', '=', 'sign_out')
      .executeTakeFirst();
    expect(row?.outcome).toBe('done');
  },
);

verifies('SSO-05', 'without the form of this browser nobody is signed out', async () => {
  const browser = createRobotBrowser();
  await signOn(browser, (await askSignOn(world)).url, person);
  const answer = await browser.request(`${world.issuer}/logout/confirm`, {
    method: 'POST',
    body: 'logout=yes&xsrf=guess',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.status).toBe(400);
  expect((await browser.visit((await askSignOn(world, 'agent', { prompt: 'none' })).url)).kind === 'left').toBe(true);
});

verifies('LES-15', 'a planted cookie never counts as ours', async () => {
  const browser = createRobotBrowser();
  await signOn(browser, (await askSignOn(world)).url, person);
  const [name, value] = sessionCookie(browser);
  const silent = async (cookie: string) => {
    const asked = await askSignOn(world, 'agent', { prompt: 'none' });
    const answer = await fetch(asked.url, { redirect: 'manual', headers: { cookie } });
    return new URL(answer.headers.get('location') ?? '').searchParams.has('code');
  };
  expect(await silent(`${name}=${value}`)).toBe(true);
  expect(await silent(`\u00a0${name}=evil; ${name}=${value}`)).toBe(true);
  expect(await silent(`${name}=${value}; ${name}=evil`)).toBe(false);
  expect(await silent(`${name}=evil; ${name}=${value}`)).toBe(false);
  expect(await silent(`$Version=1; ${name}="${value}"; $Path=/`)).toBe(false);
});
