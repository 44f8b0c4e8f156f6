import { verifies } from '@crossgrant/testkit';
import { afterEach, expect } from 'vitest';
import { StepUpRequired, TemporarilyUnavailable } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import { exchangeAnswer, type Handler, inTurn, oauthError, startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

const askToken = (more: object = {}) =>
  world.client.accessToken({ session: world.session.id, resource: world.resource, ...more });
const exchanges = () => world.idp.askedFor('/token').filter((entry) => entry.form.has('subject_token'));
const redemptions = () => world.ras.askedFor('/token');

const atIdp: readonly [string, Record<string, unknown>, number, string][] = [
  ['invalid_grant', {}, 400, 'sign_on_required'],
  ['invalid_request', { error_description: 'The subject_token has expired' }, 400, 'sign_on_required'],
  ['invalid_request', { error_description: 'A parameter is missing' }, 400, 'request_refused'],
  ['access_denied', {}, 400, 'access_denied'],
  ['access_denied', {}, 403, 'access_denied'],
  ['invalid_target', {}, 400, 'target_refused'],
  ['unauthorized_client', {}, 400, 'client_not_allowed'],
  ['unauthorized_client', { error_description: 'Scope chat.read is not allowed' }, 400, 'scope_refused'],
  ['invalid_scope', {}, 400, 'scope_refused'],
  ['invalid_authorization_details', {}, 400, 'scope_refused'],
  ['invalid_client', {}, 401, 'client_misconfigured'],
  ['use_dpop_nonce', {}, 400, 'request_refused'],
  ['constructor', {}, 400, 'request_refused'],
];
for (const [error, more, status, code] of atIdp) {
  const words = more.error_description ?? 'no words';
  verifies(
    ['CLI-07', 'MCP-08', 'ATK-52'],
    `${status} ${error} (${words}) of the identity provider is ${code}`,
    async () => {
      world = await startWorld();
      world.idp.answer('POST /token', () => oauthError(error, more, status));
      const failure = await expectFailure(askToken(), code, 'exchange');
      expect(failure.oauth).toMatchObject({ error });
      expect(failure.cause).toMatchObject({ status, url: `${world.idp.url}/token` });
      expect(exchanges()).toHaveLength(1);
      expect(redemptions()).toHaveLength(0);
      expectNoBrowserFlow();
    },
  );
}

const atRas: readonly [string, number, string, number][] = [
  ['invalid_grant', 400, 'id_jag_refused', 2],
  ['access_denied', 400, 'access_denied', 1],
  ['invalid_target', 400, 'target_refused', 1],
  ['invalid_scope', 400, 'scope_refused', 1],
  ['unauthorized_client', 400, 'client_not_allowed', 1],
  ['invalid_client', 401, 'client_misconfigured', 1],
  ['unsupported_grant_type', 400, 'request_refused', 1],
];
for (const [error, status, code, times] of atRas) {
  verifies(['CLI-07', 'CLI-05', 'MCP-08', 'ATK-52'], `${error} of the authorization server is ${code}`, async () => {
    world = await startWorld();
    const challenge = { 'www-authenticate': 'Basic realm="ras"' };
    world.ras.answer('POST /token', () => ({
      ...oauthError(error, {}, status),
      ...(status === 401 ? { headers: challenge } : {}),
    }));
    const failure = await expectFailure(askToken(), code, 'redeem');
    expect(failure.oauth).toMatchObject({ error });
    expect(redemptions()).toHaveLength(times);
    expect(exchanges()).toHaveLength(times);
    expectNoBrowserFlow();
  });
}

verifies(
  ['MCP-08', 'ATK-52'],
  'no answer of any server starts a browser flow at the authorization server',
  async () => {
    world = await startWorld();
    const answers = ['interaction_required', 'login_required', 'consent_required', 'unsupported_grant_type'];
    for (const error of answers) {
      world.ras.answer('POST /token', () => oauthError(error, { error_uri: `${world.stranger.url}/authorize` }));
      await expectFailure(askToken(), 'request_refused', 'redeem');
    }
    expectNoBrowserFlow();
  },
);

verifies(['CLI-05', 'CLI-07'], 'a refused ID-JAG is replaced by one new one, which is enough', async () => {
  world = await startWorld();
  const granted = { json: { access_token: 'access-2', token_type: 'Bearer' } };
  world.ras.answer('POST /token', inTurn(oauthError('invalid_grant'), granted));
  expect((await askToken()).value).toBe('access-2');
  const assertions = redemptions().map((entry) => entry.form.get('assertion'));
  expect(new Set(assertions).size).toBe(2);
});

verifies('CLI-07', 'a denial leads to the decision by id and link', async () => {
  world = await startWorld();
  const uri = 'https://acme.idp.example/explain/aud_01KB5ZQ';
  world.idp.answer('POST /token', () =>
    oauthError('access_denied', { error_uri: uri, error_description: 'Not permitted' }),
  );
  const failure = await expectFailure(askToken(), 'access_denied', 'exchange');
  expect(failure).toMatchObject({ decisionId: 'aud_01KB5ZQ', decisionUrl: uri });
  expect(failure.message).toMatch(/administrator/);
});

verifies(['CLI-07', 'ATK-62'], 'a demand for step-up without a way to sign on is a typed error', async () => {
  world = await startWorld();
  const demand = { acr_values: 'phr phrh', max_age: 300 };
  world.idp.answer('POST /token', () => oauthError('insufficient_user_authentication', demand));
  const failure = await expectFailure(askToken(), 'step_up_required', 'exchange');
  expect(failure).toBeInstanceOf(StepUpRequired);
  expect(failure).toMatchObject({ acrValues: ['phr', 'phrh'], maxAge: 300 });
  expect(exchanges()).toHaveLength(1);
});

verifies(
  ['CLI-07', 'STP-04'],
  'step-up signs on again with the demands and repeats with the new ID token',
  async () => {
    world = await startWorld();
    const stronger = await world.idToken({ acr: 'phr' });
    world.idp.answer('POST /token', ({ form }) =>
      form.get('subject_token') === stronger
        ? exchangeAnswer(world.idJag())
        : oauthError('insufficient_user_authentication', { acr_values: 'phr', max_age: 0 }),
    );
    const demands: unknown[] = [];
    const signOnAgain = async (demand: { session: string }) => {
      demands.push(demand);
      await world.client.adoptSignOn({ idToken: stronger, session: demand.session });
    };
    expect((await askToken({ signOnAgain })).value).toBe('access-1');
    expect(demands).toEqual([
      { session: 'ses_alice', reason: 'step_up', acrValues: ['phr'], maxAge: 0, prompt: 'login' },
    ]);
  },
);

verifies('ATK-62', 'a server that keeps demanding step-up is asked twice and the person once', async () => {
  world = await startWorld();
  world.idp.answer('POST /token', () => oauthError('insufficient_user_authentication', { acr_values: 'phr' }));
  let times = 0;
  const signOnAgain = async (demand: { session: string }) => {
    times += 1;
    await world.client.adoptSignOn({ idToken: await world.idToken({ jti: `n${times}` }), session: demand.session });
  };
  await expectFailure(askToken({ signOnAgain }), 'step_up_required', 'exchange');
  expect(times).toBe(1);
  expect(exchanges()).toHaveLength(2);
});

verifies(['STP-04', 'ATK-62'], 'a sign-on that brings the old ID token back is not presented again', async () => {
  world = await startWorld();
  world.idp.answer('POST /token', () => oauthError('insufficient_user_authentication'));
  await expectFailure(askToken({ signOnAgain: async () => undefined }), 'step_up_required', 'exchange');
  expect(exchanges()).toHaveLength(1);
});

verifies(
  ['CLI-07', 'CLI-10'],
  'a spent assertion is replaced by the refresh token, else by a sign-on, once each',
  async () => {
    world = await startWorld();
    await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first', session: 'ses_alice' });
    const fresh = await world.idToken({ jti: 'fresh' });
    let refreshes: Handler = () => ({ json: { access_token: 'at', token_type: 'Bearer', id_token: fresh } });
    let accepted = fresh;
    world.idp.answer('POST /token', (asked) => {
      if (asked.form.get('grant_type') === 'refresh_token') return refreshes(asked);
      return asked.form.get('subject_token') === accepted ? exchangeAnswer(world.idJag()) : oauthError('invalid_grant');
    });
    await askToken();
    expect(exchanges()).toHaveLength(2);

    refreshes = () => oauthError('invalid_grant');
    accepted = await world.idToken({ jti: 'signed on again' });
    const signOnAgain = ({ session }: { session: string }) => world.client.adoptSignOn({ idToken: accepted, session });
    await askToken({ signOnAgain, scopes: ['chat.history'] });
    expect(exchanges()).toHaveLength(4);

    accepted = 'none';
    const repeated = async ({ session }: { session: string }) =>
      world.client.adoptSignOn({ idToken: await world.idToken({ jti: crypto.randomUUID() }), session });
    await expectFailure(askToken({ signOnAgain: repeated, scopes: ['chat.other'] }), 'sign_on_required', 'exchange');
    expect(exchanges()).toHaveLength(6);
  },
);

verifies('CLI-07', 'fewer scopes are tried once, and only when the caller names them', async () => {
  world = await startWorld();
  world.idp.answer('POST /token', ({ form }) =>
    form.get('scope') === 'chat.read' ? exchangeAnswer(world.idJag()) : oauthError('invalid_scope'),
  );
  await expectFailure(askToken({ scopes: ['chat.read', 'chat.admin'] }), 'scope_refused', 'exchange');
  const reduceScopes = (refused: readonly string[] | undefined) => refused?.filter((scope) => scope === 'chat.read');
  expect((await askToken({ scopes: ['chat.read', 'chat.admin'], reduceScopes })).value).toBe('access-1');

  const before = exchanges().length;
  const useless = { scopes: ['a', 'b'], reduceScopes: () => ['b'] };
  await expectFailure(askToken(useless), 'scope_refused', 'exchange');
  expect(exchanges().length - before).toBe(2);
});

for (const status of [429, 503]) {
  verifies('CLI-07', `${status} is waited out as long as the server asks, within bounds`, async () => {
    world = await startWorld();
    const busy = { status, headers: { 'retry-after': '2' } };
    world.idp.answer(
      'POST /token',
      inTurn(busy, () => exchangeAnswer(world.idJag())),
    );
    expect((await askToken()).value).toBe('access-1');
    expect(world.waits).toEqual([2_000]);

    world.ras.answer('POST /token', () => busy);
    const failure = await expectFailure(askToken({ scopes: ['x'] }), 'temporarily_unavailable', 'redeem');
    expect(failure).toBeInstanceOf(TemporarilyUnavailable);
    expect(failure).toMatchObject({ retryAfterSeconds: 2 });
    expect(redemptions()).toHaveLength(1 + 3);
  });
}

verifies('CLI-07', 'a server that asks for an hour is not waited for', async () => {
  world = await startWorld();
  world.idp.answer('POST /token', () => ({ status: 503, headers: { 'retry-after': '3600' } }));
  const failure = await expectFailure(askToken(), 'temporarily_unavailable', 'exchange');
  expect(failure).toMatchObject({ retryAfterSeconds: 3600 });
  expect(world.waits).toEqual([]);
  expect(exchanges()).toHaveLength(1);
});

function expectNoBrowserFlow(): void {
  expect(world.seen.filter((entry) => entry.path.includes('authorize'))).toEqual([]);
  expect(world.stranger.asked).toEqual([]);
}
