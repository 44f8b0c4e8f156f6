import { verifies } from '@crossgrant/testkit';
import { afterEach, expect, test } from 'vitest';
import { createCrossgrantClient, none } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import {
  type Answer,
  exchangeAnswer,
  type Handler,
  inTurn,
  oauthError,
  startWorld,
  type World,
} from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

const askToken = (more: object = {}) =>
  world.client.accessToken({ session: world.session.id, resource: world.resource, ...more });
const answerExchange = (...answers: readonly (Answer | Handler)[]) =>
  world.idp.answer('POST /token', inTurn(...answers));

verifies(['MCP-01', 'MCP-02', 'CLI-04'], 'both legs carry what the wire examples carry', async () => {
  world = await startWorld();
  const token = await askToken({ scopes: ['chat.read', 'chat.history'] });
  expect(token).toMatchObject({ value: 'access-1', resource: world.resource, issuer: world.ras.url });

  const exchange = Object.fromEntries(world.idp.askedFor('/token')[0]?.form ?? []);
  expect(exchange).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    audience: world.ras.url,
    resource: world.resource,
    scope: 'chat.read chat.history',
    subject_token: world.session.idToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    client_id: 'agent-at-acme',
    client_secret: 'idp-secret-1',
  });
  const redemption = world.ras.askedFor('/token')[0];
  expect(Object.keys(Object.fromEntries(redemption?.form ?? []))).toEqual(['assertion', 'grant_type']);
  expect(redemption?.form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
  expect(redemption?.headers.authorization).toMatch(/^Basic /);
});

verifies('CAU-07', 'each server sees its own secret only', async () => {
  world = await startWorld();
  await askToken();
  expect(world.secretsSeenBy(world.idp)).toEqual(['idp secret', 'subject_token']);
  expect(world.secretsSeenBy(world.ras)).toEqual(['ras secret', 'assertion']);
});

const wrongAnswers: readonly [string, Record<string, unknown>][] = [
  ['another issued token type', { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }],
  ['no issued token type', { issued_token_type: undefined }],
  ['a bearer token', { token_type: 'Bearer' }],
  ['an unknown token type', { token_type: 'mac' }],
  ['a token that is not a JWT', { access_token: 'opaque' }],
  ['a token of five parts', { access_token: 'a.b.c.d.e' }],
  ['no token', { access_token: undefined }],
];
for (const [what, members] of wrongAnswers) {
  verifies('CLI-02', `an exchange answer with ${what} is not redeemed`, async () => {
    world = await startWorld();
    answerExchange(() => exchangeAnswer(world.idJag(), members));
    await expectFailure(askToken(), 'exchange_response_invalid', 'exchange');
    expect(world.secretsSeenBy(world.ras)).toEqual([]);
  });
}

verifies('CLI-02', 'the token type counts without case, and is tolerated absent with a warning', async () => {
  world = await startWorld();
  answerExchange(() => exchangeAnswer(world.idJag(), { token_type: 'n_a' }));
  await askToken();
  expect(world.warnings).toEqual([]);
  answerExchange(() => exchangeAnswer(world.idJag(), { token_type: undefined }));
  await askToken({ scopes: ['other'] });
  expect(world.warnings.map((warning) => warning.code)).toContain('token_type_absent');
});

const mismatches: readonly [string, Record<string, unknown>, Record<string, unknown>?][] = [
  ['typ', {}, { typ: 'JWT' }],
  ['iss', { iss: 'https://other.idp.example' }],
  ['aud', { aud: 'https://auth.other.example' }],
  ['aud', { aud: [] }],
  ['client_id', { client_id: 'somebody-else' }],
  ['client_id', { client_id: undefined }],
  ['resource', { resource: 'https://mcp.other.example/mcp' }],
  ['resource', { resource: 7 }],
  ['cnf', { cnf: { jkt: 'K9UlTcYV' } }],
];
for (const [claim, claims, header] of mismatches) {
  verifies(
    ['CLI-03', 'ATK-14', 'ATK-34'],
    `an ID-JAG with ${claim} ${JSON.stringify(claims)} is not sent on`,
    async () => {
      world = await startWorld();
      answerExchange(() => exchangeAnswer(world.idJag(claims, header)));
      const failure = await expectFailure(askToken(), 'id_jag_mismatch', 'exchange');
      expect(failure.cause).toMatchObject({ claim });
      expect(world.secretsSeenBy(world.ras)).toEqual([]);
    },
  );
}

verifies('CLI-03', 'two audiences are one too many', async () => {
  world = await startWorld();
  answerExchange(() => exchangeAnswer(world.idJag({ aud: [world.ras.url, world.stranger.url] })));
  await expectFailure(askToken(), 'id_jag_mismatch', 'exchange');
});

test('an ID-JAG without resource, with one audience in an array and a long typ is fine', async () => {
  world = await startWorld();
  const idJag = world.idJag({ resource: undefined, aud: [world.ras.url] }, { typ: 'application/OAuth-ID-JAG+jwt' });
  answerExchange(exchangeAnswer(idJag));
  expect((await askToken()).value).toBe('access-1');
});

verifies('CLI-08', 'a resource that was not asked for is refused, at either leg', async () => {
  world = await startWorld();
  const foreign = 'https://mcp.other.example/mcp';
  answerExchange(() => exchangeAnswer(world.idJag(), { resource: [world.resource, foreign] }));
  await expectFailure(askToken(), 'resource_widened', 'exchange');
  expect(world.secretsSeenBy(world.ras)).toEqual([]);

  answerExchange(() => exchangeAnswer(world.idJag()));
  world.ras.answer('POST /token', () => ({ json: { access_token: 'wide', token_type: 'Bearer', resource: foreign } }));
  await expectFailure(askToken(), 'resource_widened', 'redeem');
});

verifies('CLI-08', 'what was granted less or more is told', async () => {
  world = await startWorld();
  const granted = { access_token: 'access-9', token_type: 'Bearer', scope: 'chat.read chat.admin' };
  world.ras.answer('POST /token', () => ({ json: granted }));
  const token = await askToken({ scopes: ['chat.read', 'chat.history'] });
  expect(token.scopeDifference).toEqual({ missing: ['chat.history'], extra: ['chat.admin'] });
  expect(token.scopes).toEqual(['chat.read', 'chat.admin']);
  expect(world.warnings).toEqual([
    { code: 'scope_differs', detail: { resource: world.resource, missing: ['chat.history'], extra: ['chat.admin'] } },
  ]);
});

verifies(['CLI-10', 'CLI-07'], 'a public client does not use a refresh token as subject', async () => {
  world = await startWorld((options) => ({ ...options, idp: { ...options.idp, auth: none() } }));
  const session = await world.client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first' });
  world.clock.now += 700_000;
  world.idp.answer('POST /token', () => ({ json: { access_token: 'at', token_type: 'Bearer' } }));
  const request = { session: session.id, resource: world.resource };
  await expectFailure(world.client.accessToken(request), 'sign_on_required', 'sign_on');
});

verifies('CLI-10', 'a confidential client presents the refresh token when a refresh brings no ID token', async () => {
  world = await startWorld();
  const client = createCrossgrantClient(world.options);
  const session = await client.adoptSignOn({ idToken: await world.idToken(), refreshToken: 'rt-first' });
  world.clock.now += 700_000;
  world.idp.answer('POST /token', ({ form }) =>
    form.get('grant_type') === 'refresh_token'
      ? { json: { access_token: 'at', token_type: 'Bearer' } }
      : exchangeAnswer(world.idJag()),
  );
  await client.accessToken({ session: session.id, resource: world.resource });
  const exchange = world.idp.askedFor('/token').at(-1)?.form;
  expect(exchange?.get('subject_token')).toBe('rt-first');
  expect(exchange?.get('subject_token_type')).toBe('urn:ietf:params:oauth:token-type:refresh_token');
});

verifies('CLI-11', 'a redirect of a token endpoint is not followed', async () => {
  world = await startWorld();
  const away = { status: 307, headers: { location: `${world.stranger.url}/token` } };
  answerExchange(away);
  await expectFailure(askToken(), 'redirect_refused', 'exchange');
  answerExchange(() => exchangeAnswer(world.idJag()));
  world.ras.answer('POST /token', () => away);
  await expectFailure(askToken(), 'redirect_refused', 'redeem');
  expect(world.stranger.asked).toEqual([]);
});

test('an answer that is no OAuth error is a fault with the raw response', async () => {
  world = await startWorld();
  answerExchange({ status: 500, text: 'oops' }, oauthError('server_error', {}, 500));
  const failure = await expectFailure(askToken(), 'server_fault', 'exchange');
  expect(failure.cause).toMatchObject({ status: 500, body: 'oops' });
});

verifies('ATK-34', 'an access token of a kind the client did not prepare for is not used', async () => {
  world = await startWorld();
  for (const tokenType of ['DPoP', 'mac', 'N_A']) {
    world.ras.answer('POST /token', () => ({ json: { access_token: 'access-0', token_type: tokenType } }));
    await expectFailure(askToken(), 'token_response_invalid', 'redeem');
  }
});
