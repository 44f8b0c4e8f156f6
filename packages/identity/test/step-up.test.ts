import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, type RobotBrowser, type RobotPage } from '@crossgrant/testkit/sign-on-robot';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import type { PersonInput } from '../src/index.ts';
import {
  alice,
  askSignOn,
  redeemCallback,
  type SignOnWorld,
  startSignOnWorld,
  type WorldOptions,
} from './sign-on-world.ts';

const bob: PersonInput = { username: 'bob', email: 'bob@acme.example', password: 'battery staple' };
const asAlice = { username: 'alice', password: alice.password ?? '' };
const asBob = { username: 'bob', password: 'battery staple' };
const password = 'urn:crossgrant:acr:password';

let world: SignOnWorld;
beforeAll(async () => {
  world = await startSignOnWorld({ people: [alice, bob] });
});
afterEach(() => vi.useRealTimers());
afterAll(() => world.close());

async function ask(browser: RobotBrowser, replaced: Record<string, string>, at = world) {
  return { asked: await askSignOn(at, 'agent', replaced), browser };
}

/** Signs on, or comes back by itself; says whether a page was shown, and what the ID token says. */
async function tokensFor(browser: RobotBrowser, replaced: Record<string, string>, who = asAlice, at = world) {
  const { asked } = await ask(browser, replaced, at);
  const first = await browser.visit(asked.url);
  const callback = first.kind === 'left' ? first.url : await submit(browser, first.page, who);
  const { claims } = await redeemCallback(at, asked, callback);
  return { page: first.kind === 'page' ? first.page : undefined, claims };
}

async function submit(
  browser: RobotBrowser,
  page: RobotPage,
  who: { username: string; password: string },
): Promise<URL> {
  const visit = await browser.submit(page, who);
  if (visit.kind === 'left') return visit.url;
  if (visit.page.form === undefined) throw new Error(visit.page.alert ?? visit.page.html);
  const next = await browser.submit(visit.page, {});
  if (next.kind === 'page') throw new Error(next.page.alert ?? next.page.html);
  return next.url;
}

async function errorOf(browser: RobotBrowser, replaced: Record<string, string>, at = world): Promise<string | null> {
  const { asked } = await ask(browser, replaced, at);
  const visit = await browser.visit(asked.url);
  return visit.kind === 'left' ? visit.url.searchParams.get('error') : 'a page';
}

verifies(
  ['STP-03', 'SSO-02'],
  'prompt=login and max_age ask for the password again, and auth_time tells of the new sign-on',
  async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const browser = createRobotBrowser();
    const first = await tokensFor(browser, {});
    vi.setSystemTime(Date.now() + 120_000);
    const silent = await tokensFor(browser, { max_age: '121' });
    expect(silent.page).toBeUndefined();
    expect(silent.claims.auth_time).toBe(first.claims.auth_time);

    const requests: Record<string, string>[] = [
      { max_age: '119' },
      { prompt: 'login' },
      { max_age: '0' },
      { prompt: 'login', max_age: '9999' },
    ];
    for (const again of requests) {
      vi.setSystemTime(Date.now() + 120_000);
      const now = Math.floor(Date.now() / 1000);
      const fresh = await tokensFor(browser, again);
      expect(fresh.page?.html, JSON.stringify(again)).toContain('asks you to confirm that it is you');
      expect(fresh.page?.form?.fields.username).toBe('alice');
      expect(fresh.claims.auth_time).toBeGreaterThanOrEqual(now);
      expect(fresh.claims).toMatchObject({ sub: first.claims.sub, sid: first.claims.sid });
    }
    expect(await errorOf(browser, { max_age: '-1' })).toBe('invalid_request');
    expect(await errorOf(browser, { max_age: 'soon' })).toBe('invalid_request');
    vi.setSystemTime(Date.now() + 120_000);
    expect(await errorOf(browser, { max_age: '10', prompt: 'none' })).toBe('login_required');
  },
);

verifies(
  ['STP-03', 'LES-03'],
  'another person at the page that asks for the first gets a sign-on of their own, and ends that one',
  async () => {
    const browser = createRobotBrowser();
    const first = await tokensFor(browser, {});
    const cookies = [...browser.cookies.values()].join();
    const other = await tokensFor(browser, { prompt: 'login' }, asBob);
    expect(other.page?.html).toContain('You are signed on as <strong><bdi>alice</bdi></strong>');
    expect(other.claims.sub).not.toBe(first.claims.sub);
    expect(other.claims.sid).not.toBe(first.claims.sid);
    expect([...browser.cookies.values()].join()).not.toBe(cookies);
    const ended = await world.database.kysely
      .selectFrom('sessions')
      .select('ended_at')
      .where('sid', '=', String(first.claims.sid))
      .executeTakeFirst();
    expect(ended?.ended_at).not.toBeNull();
  },
);

verifies(['STP-03', 'SSO-02'], 'a wrong password at the second page changes nothing', async () => {
  const browser = createRobotBrowser();
  const first = await tokensFor(browser, {});
  const { asked } = await ask(browser, { prompt: 'login' });
  const visit = await browser.visit(asked.url);
  const wrong = visit.kind === 'page' ? await browser.submit(visit.page, { ...asAlice, password: 'x' }) : visit;
  expect(wrong.kind === 'page' && wrong.page.alert).toContain('do not match');
  const still = await tokensFor(browser, {});
  expect(still.page).toBeUndefined();
  expect(still.claims.auth_time).toBe(first.claims.auth_time);
});

verifies(
  ['STP-03', 'ATK-62'],
  'acr_values: one that is reached already, among others or alone, needs no new sign-on',
  async () => {
    const browser = createRobotBrowser();
    expect((await tokensFor(browser, { acr_values: `phr ${password}` })).claims.acr).toBe(password);
    for (const values of [password, `phr ${password}`, '', '  ']) {
      const silent = await tokensFor(browser, { acr_values: values });
      expect(silent.page, values).toBeUndefined();
      expect(silent.claims.acr).toBe(password);
    }
    expect(await errorOf(browser, { acr_values: 'phr phrh' })).toBe('unmet_authentication_requirements');
    expect(await errorOf(createRobotBrowser(), { acr_values: 'phr' })).toBe('unmet_authentication_requirements');
    expect(await errorOf(browser, { acr_values: 'phr', prompt: 'none' })).toBe('unmet_authentication_requirements');
  },
);

verifies(
  'STP-03',
  'what a password is worth is configuration: published, in ID tokens and in the session, and a new sign-on when it changed',
  async () => {
    const assurance: WorldOptions['assurance'] = {
      password: { acr: 'urn:acme:bronze', amr: ['pwd', 'kba'] },
      unreachableAcr: 'best',
    };
    const other = await startSignOnWorld({ assurance });
    try {
      expect((await other.metadata()).acr_values_supported).toEqual(['urn:acme:bronze']);
      const browser = createRobotBrowser();
      const { claims } = await tokensFor(browser, { acr_values: 'urn:acme:gold' }, asAlice, other);
      expect(claims).toMatchObject({ acr: 'urn:acme:bronze', amr: ['pwd', 'kba'] });
      const session = await other.database.kysely
        .selectFrom('sessions')
        .select(['acr', 'amr'])
        .where('sid', '=', String(claims.sid))
        .executeTakeFirst();
      expect(session).toEqual({ acr: 'urn:acme:bronze', amr: '["pwd","kba"]' });
      await other.database.kysely
        .updateTable('oidc_artifacts')
        .set((row) => ({
          payload: row.fn('replace', ['payload', row.val('urn:acme:bronze'), row.val('urn:acme:tin')]) as never,
        }))
        .where('kind', '=', 'Session')
        .execute();
      const again = await tokensFor(browser, { acr_values: 'urn:acme:bronze' }, asAlice, other);
      expect(again.page).toBeDefined();
      expect(again.claims.acr).toBe('urn:acme:bronze');
    } finally {
      await other.close();
    }
  },
);
