import type { RefusalCounter } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askSignOn, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

type Counted = Parameters<RefusalCounter['count']>[0];

const counted: Counted[] = [];
let world: SignOnWorld;

beforeAll(async () => {
  const anonymous = {
    count: (refusal: Counted) => counted.push(refusal),
    flush: async () => {},
    close: async () => {},
  };
  world = await startSignOnWorld({ anonymous });
});
afterAll(() => world.close());

const formHeaders = { 'content-type': 'application/x-www-form-urlencoded' };
const spellings = [
  '/TOKEN',
  '/Token',
  '/token/',
  '/tok%65n',
  '/token;x=1',
  '/token/x',
  '/REVOKE',
  '/revoke/',
  '/USERINFO',
  '/userinfo/',
  '/AUTHORIZE',
  '/authorize/',
  '/authorize/%41',
  `/authorize/${'a'.repeat(129)}`,
  '/LOGOUT',
  '/logout/',
  '/logout/confirm/',
  '/logout/other',
  '/JWKS',
  '/.well-known/OpenID-configuration',
  '/.well-known/openid-configuration/',
  '/sign-on',
  '/',
  '/__proto__',
];

verifies('LES-69', 'a path has one spelling: every other one is a page that is not there', async () => {
  for (const path of spellings) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const body = method === 'GET' ? undefined : 'grant_type=authorization_code';
      const answer = await fetch(`${world.issuer}${path}`, { method, body, headers: formHeaders, redirect: 'manual' });
      expect([path, method, answer.status]).toEqual([path, method, 404]);
      expect(await answer.text()).toMatch(/aud_[0-9a-z]{26}/);
    }
  }
});

verifies('LES-69', 'what is not below the path of the issuer is not served', async () => {
  const below = await startSignOnWorld({ issuer: `${world.issuer}/acme` });
  const replica = await below.replica();
  const statusOf = async (path: string): Promise<number> => (await fetch(`${replica.origin}${path}`)).status;
  expect(await statusOf('/acme/jwks')).toBe(200);
  for (const path of ['/jwks', '/acmejwks', '/other/jwks', '/ACME/jwks', '/acme'])
    expect(await statusOf(path)).toBe(404);
  await replica.close();
  await below.close();
});

verifies('LES-30', 'what a posted request carries into the address it is sent on to is written anew', async () => {
  const bodies = [
    'state=a\r\nset-cookie: b=c',
    'state=\u0000',
    'state=€',
    'state=%0d%0aset-cookie: b=c',
    '\u0085=\u2028',
  ];
  for (const path of ['/authorize', '/logout']) {
    for (const body of bodies) {
      const answer = await fetch(`${world.issuer}${path}`, {
        method: 'POST',
        body,
        headers: formHeaders,
        redirect: 'manual',
      });
      expect(answer.status).toBe(303);
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(answer.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\w+\?[\x21-\x7e]*$/);
    }
  }
});

verifies('LES-84', 'what nobody has proven is counted and costs no row of its own', async () => {
  const attempts: readonly [string, RequestInit][] = [
    ['/userinfo', { headers: { authorization: 'Bearer junk' } }],
    ['/logout?id_token_hint=junk', {}],
    [
      '/token',
      { method: 'POST', body: 'grant_type=refresh_token&client_id=agent&client_secret=x', headers: formHeaders },
    ],
  ];
  for (const [path, request] of attempts) {
    counted.length = 0;
    const answer = await fetch(`${world.issuer}${path}`, request);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(counted).toEqual([expect.objectContaining({ scope: world.tenantId, address: '127.0.0.1' })]);
  }
  const rows = await world.database.kysely
    .selectFrom('audit_rows')
    .select('code')
    .where('outcome', '=', 'refused')
    .execute();
  expect(rows).toEqual([]);
});

verifies('ATK-46', 'a form that is not UTF-8 is refused before anybody reads it', async () => {
  const body = Buffer.concat([Buffer.from('grant_type=authorization_code&code='), Buffer.from([0xff, 0xfe])]);
  for (const path of ['/token', '/authorize', '/revoke']) {
    const answer = await fetch(`${world.issuer}${path}`, { method: 'POST', body, headers: formHeaders });
    expect([path, answer.status, await answer.text()]).toEqual([
      path,
      400,
      expect.stringMatching(/could not be read|UTF-8|form/i),
    ]);
  }
});

test('a question mark inside a query does not end it', async () => {
  const { url } = await askSignOn(world, 'agent', { scope: undefined, state: 'what?', prompt: 'none' });
  const raw = url.href.replace('state=what%3F', 'state=what?');
  const answer = await fetch(raw, { redirect: 'manual' });
  expect(new URL(answer.headers.get('location') ?? '').searchParams.get('state')).toBe('what?');
});
