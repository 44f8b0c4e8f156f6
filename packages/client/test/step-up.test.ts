import { verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import type { SigningOn, SignOnDemand } from '../src/index.ts';
import { signOnWithBrowser } from '../src/loopback/index.ts';
import { expectFailure } from './expect-failure.ts';
import {
  type Asked,
  exchangeAnswer,
  type Handler,
  oauthError,
  startWorld,
  unauthorized,
  type World,
} from './fake-parties.ts';
import { hold } from './slow-store.ts';

let world: World;
afterEach(() => world.close());

const call = (more: object = {}) =>
  world.client.fetch('ses_alice', world.resource, { method: 'POST', body: '{"q":"kept"}' }, more);
const askToken = (more: object = {}) =>
  world.client.accessToken({ session: 'ses_alice', resource: world.resource, ...more });
const exchanges = () => world.idp.askedFor('/token').filter((entry) => entry.form.has('subject_token'));
const demand = { acr_values: 'phr phrh', max_age: 300 };

/** An identity provider with a browser: `/authorize` signs on at once, the code carries the nonce to the token. */
function answerSignOn(claims: () => Record<string, unknown>, refreshToken?: string): Record<string, string>[] {
  const asked: Record<string, string>[] = [];
  world.idp.answer('GET /authorize', ({ query }) => {
    asked.push(Object.fromEntries(query));
    const answer = new URLSearchParams({
      code: query.get('nonce') ?? '',
      state: query.get('state') ?? '',
      iss: world.idp.url,
    });
    return { status: 302, headers: { location: `${query.get('redirect_uri')}?${answer}` } };
  });
  world.idp.answer('POST /token', async ({ form }) => {
    const idToken = await world.idToken({ nonce: form.get('code'), ...claims() });
    strong.add(idToken);
    return { json: { access_token: 'at', token_type: 'Bearer', id_token: idToken, refresh_token: refreshToken } };
  });
  return asked;
}
const strong = new Set<string | null>();

/** Sign-ons and exchanges at one token endpoint: weak ID tokens are refused. */
function demandStepUp(): void {
  const signOn = routeOf('POST /token');
  world.idp.answer('POST /token', (asked: Asked) => {
    if (!asked.form.has('subject_token')) return signOn(asked);
    return strong.has(asked.form.get('subject_token'))
      ? exchangeAnswer(world.idJag())
      : oauthError('insufficient_user_authentication', demand);
  });
}
const routes = new Map<string, Handler>();
function routeOf(route: string): Handler {
  return routes.get(route) as Handler;
}
function remember(): void {
  const { answer } = world.idp;
  world.idp.answer = (route, handler) => {
    routes.set(route, handler);
    answer(route, handler);
  };
}

const browse = (url: string) => void fetch(url).catch(() => undefined);
const inBrowser = (asked: SignOnDemand, client: SigningOn) => signOnWithBrowser(client, { ...asked, open: browse });

verifies(
  ['STP-04', 'CLI-07'],
  'a demand of the identity provider opens the browser with exactly its members, and the call is not lost',
  async () => {
    world = await startWorld((options) => ({ ...options, signOnAgain: inBrowser }));
    remember();
    await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-old', session: 'ses_alice' });
    world.clock.now += 5_000;
    const asked = answerSignOn(() => ({ acr: 'phr' }), 'rt-new');
    demandStepUp();
    expect((await call()).status).toBe(200);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ acr_values: 'phr phrh', max_age: '300', prompt: 'login' });
    expect(world.mcp.askedFor('/mcp').at(-1)?.body).toBe('{"q":"kept"}');
    expect(world.idp.askedFor('/token').some(({ form }) => form.get('refresh_token') === 'rt-old')).toBe(false);
    expect(exchanges()).toHaveLength(2);
  },
);

verifies('STP-04', 'a demand that names nothing opens the browser with prompt=login alone', async () => {
  world = await startWorld((options) => ({ ...options, signOnAgain: inBrowser }));
  remember();
  world.clock.now += 5_000;
  const asked = answerSignOn(() => ({}));
  let isDemanding = true;
  const signOn = routeOf('POST /token');
  world.idp.answer('POST /token', (entry) => {
    if (!entry.form.has('subject_token')) return signOn(entry);
    const refused = isDemanding;
    isDemanding = false;
    return refused ? oauthError('insufficient_user_authentication') : exchangeAnswer(world.idJag());
  });
  await askToken();
  expect(asked[0]).toMatchObject({ prompt: 'login' });
  expect(asked[0]).not.toHaveProperty('acr_values');
  expect(asked[0]).not.toHaveProperty('max_age');
});

verifies(
  ['STP-04', 'CLI-07'],
  'a demand of the MCP server leads through all three legs again, and the call is not lost',
  async () => {
    world = await startWorld((options) => ({ ...options, signOnAgain: inBrowser }));
    remember();
    expect((await call()).status).toBe(200);
    world.clock.now += 5_000;
    answerSignOn(() => ({ acr: 'phr' }));
    demandStepUp();
    strong.add(world.session.idToken ?? '');
    const refusal = 'error="insufficient_user_authentication", acr_values="phr", max_age="300"';
    world.mcp.answer('POST /mcp', ({ headers, body }) =>
      headers.authorization === 'Bearer access-2' ? { text: body } : unauthorized(world.mcp, refusal),
    );
    const before = exchanges().length;
    expect(await (await call()).text()).toBe('{"q":"kept"}');
    expect(exchanges()).toHaveLength(before + 1);
    expect(world.idp.askedFor('/authorize')[0]?.query.get('acr_values')).toBe('phr');
  },
);

verifies(
  ['STP-04', 'ATK-62'],
  'a sign-on that is neither fresher nor stronger is a failure with its own name',
  async () => {
    world = await startWorld();
    const old = { auth_time: Math.floor(world.clock.now / 1000) };
    world.clock.now += 5_000;
    world.idp.answer('POST /token', () => oauthError('insufficient_user_authentication', demand));
    const signOnAgain = async (_demand: unknown, client: SigningOn) =>
      client.adoptSignOn({ idToken: await world.idToken({ ...old, jti: 'another' }), session: 'ses_alice' });
    const failure = await expectFailure(askToken({ signOnAgain }), 'sign_on_not_improved', 'sign_on');
    expect(failure.cause).toMatchObject({ before: { authTime: old.auth_time }, now: { authTime: old.auth_time } });
    expect(exchanges()).toHaveLength(1);

    const stronger = async () =>
      world.client.adoptSignOn({ idToken: await world.idToken({ ...old, acr: 'phr' }), session: 'ses_alice' });
    await expectFailure(askToken({ signOnAgain: stronger }), 'step_up_required', 'exchange');
    expect(exchanges()).toHaveLength(3);
  },
);

verifies('STP-04', 'a step-up goes on with the new ID token even where refresh tokens are traded', async () => {
  world = await startWorld((options) => ({ ...options, idp: { ...options.idp, subject: 'refresh_token' } }));
  await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-old', session: 'ses_alice' });
  const idToken = await world.idToken({ acr: 'phr' });
  world.idp.answer('POST /token', ({ form }) =>
    form.get('subject_token') === idToken
      ? exchangeAnswer(world.idJag())
      : oauthError('insufficient_user_authentication'),
  );
  const signOnAgain = () => world.client.adoptSignOn({ idToken, refreshToken: 'rt-new', session: 'ses_alice' });
  await askToken({ signOnAgain });
  expect(exchanges().map(({ form }) => form.get('subject_token'))).toEqual(['rt-old', idToken]);
});

verifies(['STP-04', 'CLI-06'], 'calls with different demands ask the person one after the other', async () => {
  world = await startWorld();
  const accepted = new Map<string, string>();
  world.idp.answer('POST /token', ({ form }) => {
    const scope = form.get('scope') ?? '';
    return accepted.get(form.get('subject_token') ?? '')?.includes(scope)
      ? exchangeAnswer(world.idJag())
      : oauthError('insufficient_user_authentication', { acr_values: scope });
  });
  const held = hold();
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  const signOnAgain = async ({ acrValues = [] }: SignOnDemand) => {
    running += 1;
    most = Math.max(most, running);
    asked.push(acrValues.join());
    await held.pass();
    const idToken = await world.idToken({ acr: acrValues[0], jti: crypto.randomUUID() });
    accepted.set(idToken, asked.join());
    await world.client.adoptSignOn({ idToken, session: 'ses_alice' });
    running -= 1;
  };
  const both = Promise.all([
    askToken({ signOnAgain, scopes: ['one'] }),
    askToken({ signOnAgain, scopes: ['one', 'more'] }).catch(() => undefined),
    askToken({ signOnAgain, scopes: ['two'] }),
  ]);
  await held.reached;
  held.release();
  await both;
  expect(most).toBe(1);
  expect(asked).toContain('two');
});

test('a sign-on that another call asked for meanwhile is used without asking again', async () => {
  world = await startWorld();
  const stronger = await world.idToken({ acr: 'phr' });
  const exchange = hold();
  world.idp.answer('POST /token', async ({ form }) => {
    if (form.get('subject_token') === stronger) return exchangeAnswer(world.idJag());
    await exchange.pass();
    return oauthError('insufficient_user_authentication', demand);
  });
  const asked: unknown[] = [];
  const token = askToken({ signOnAgain: async (entry: unknown) => asked.push(entry) });
  await exchange.reached;
  await world.client.adoptSignOn({ idToken: stronger, session: 'ses_alice' });
  exchange.release();
  await token;
  expect(asked).toEqual([]);
});
