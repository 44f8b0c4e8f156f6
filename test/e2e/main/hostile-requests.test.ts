import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostileWorld, outcomeOf, type Party, startHostileWorld } from '../../fixtures/hostile-world.ts';
import { idJagType, idTokenType, jwtBearer, tokenExchange } from '../../fixtures/issued-tokens.ts';
import { idpSecret, rasSecret } from '../../fixtures/three-servers.ts';

let world: HostileWorld;
beforeAll(async () => {
  world = await startHostileWorld();
}, 60_000);
afterAll(() => world?.close());

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const json = 'content-type: application/json';
const accept = 'accept: application/json, text/event-stream';

type Change = (query: URLSearchParams) => void;

/** Changes to a right authorization request, and the error the app is told; `page` where the app must not be told. */
const brokenSignOns: readonly (readonly [string, string, Change])[] = [
  ['no client', 'page', (query) => query.delete('client_id')],
  ['an unknown client', 'page', (query) => query.set('client_id', 'nobody')],
  ['a client with a line feed', 'page', (query) => query.set('client_id', 'agent\r\nx: y')],
  ['two clients', 'page', (query) => query.append('client_id', 'other')],
  ['another address', 'page', (query) => query.set('redirect_uri', 'https://evil.example/cb')],
  ['an address that is a script', 'page', (query) => query.set('redirect_uri', 'javascript:alert(1)')],
  ['no response type', 'invalid_request', (query) => query.delete('response_type')],
  ['a token in the front channel', 'unsupported_response_type', (query) => query.set('response_type', 'token')],
  ['no PKCE', 'invalid_request', (query) => query.delete('code_challenge')],
  ['plain PKCE', 'invalid_request', (query) => query.set('code_challenge_method', 'plain')],
  ['a state twice', 'invalid_request', (query) => query.append('state', 'other')],
  ['a scope with a line feed', 'invalid_scope', (query) => query.set('scope', 'openid\r\nx: y')],
  ['an age that is no number', 'invalid_request', (query) => query.set('max_age', '1e400')],
  ['a request object', 'request_not_supported', (query) => query.set('request', 'eyJhbGciOiJub25lIn0.e30.')],
  ['a request by address', 'request_uri_not_supported', (query) => query.set('request_uri', 'https://evil.example/r')],
  ['a response mode nobody knows', 'unsupported_response_mode', (query) => query.set('response_mode', 'x\r\ny: z')],
  ['a hint that is no token', 'invalid_request', (query) => query.set('id_token_hint', 'a.b.c')],
  ['the hint of another kind', 'invalid_request', (query) => query.set('id_token_hint', world.tokens.idJag)],
];

for (const [name, expected, change] of brokenSignOns) {
  verifies(['ATK-46', 'LES-01'], `authorization request with ${name}: ${expected}`, async () => {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'agent',
      redirect_uri: world.servers.redirectUri,
      scope: 'openid',
      state: 's',
      prompt: 'none',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    change(query);
    const answer = await world.send('idp', { method: 'GET', path: `/authorize?${query}` });
    const location = /^location: (.*)$/im.exec(answer.head)?.[1]?.trim();
    if (expected === 'page') return expect([answer.status, location]).toEqual([400, undefined]);
    expect(location?.startsWith(`${world.servers.redirectUri}`)).toBe(true);
    expect(new URL((location ?? '').replace('#', '?')).searchParams.get('error')).toBe(expected);
  });
}

const call = (more: object): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', ...more });
const search = { params: { name: 'search', arguments: { q: 'hello' } } };
const deep = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const brokenCalls: readonly (readonly [string, string | Buffer, readonly string[]])[] = [
  ['nothing', '', ['400 invalid_request']],
  ['half an object', '{', ['400 invalid_request']],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), ['400 invalid_request']],
  ['20,000 brackets', deep(20_000), ['400 invalid_request']],
  [
    'an object within an object, 5,000 times',
    call({ params: { name: 'search', arguments: nest(5_000) } }),
    ['400 invalid_request'],
  ],
  ['a member twice', call(search).replace('"id":1', '"id":1,"method":"tools/list"'), ['400 invalid_request']],
  [
    'more than the limit',
    call({ params: { name: 'search', arguments: { q: 'h'.repeat(5_000_000) } } }),
    ['413 invalid_request'],
  ],
  ['null', 'null', ['400 invalid_request']],
  ['a number', '1e999', ['400 invalid_request']],
  ['no name', call({ params: {} }), ['403 insufficient_scope', '400 invalid_request']],
  [
    'a tool nobody knows',
    call({ params: { name: 'nope\r\nx: y' } }),
    ['403 insufficient_scope', '400 invalid_request'],
  ],
];

for (const [name, body, outcomes] of brokenCalls) {
  verifies(['ATK-46', 'LES-89'], `MCP call of ${name}: ${outcomes.join(' or ')}`, async () => {
    const headers = [json, accept, `authorization: Bearer ${world.tokens.accessToken}`];
    const answer = await world.send('mcp', { path: '/mcp', headers, body });
    expect(outcomes, outcomeOf(answer)).toContain(outcomeOf(answer));
    const anonymous = await world.send('mcp', { path: '/mcp', headers: [json, accept], body });
    expect(['401 invalid_token', '413 invalid_request'], outcomeOf(anonymous)).toContain(outcomeOf(anonymous));
  });
}

function nest(depth: number): object {
  let inner: object = {};
  for (let level = 0; level < depth; level += 1) inner = { inner };
  return inner;
}

const paths = fc.constantFrom<readonly [Party, string]>(
  ['idp', '/token'],
  ['idp', '/authorize'],
  ['idp', '/userinfo'],
  ['idp', '/logout'],
  ['idp', '/revoke'],
  ['idp', '/sign-on/x'],
  ['idp', '/explain/x'],
  ['idp', '/.well-known/oauth-authorization-server'],
  ['authserver', '/token'],
  ['authserver', '/introspect'],
  ['authserver', '/revoke'],
  ['authserver', '/authorize'],
  ['authserver', '/jwks'],
  ['mcp', '/mcp'],
  ['mcp', '/open/mcp'],
  ['mcp', '/.well-known/oauth-protected-resource/mcp'],
);
const text = fc.string({ unit: 'binary', maxLength: 60 });
const names = fc.constantFrom(
  'grant_type',
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
  'assertion',
  'client_id',
  'client_secret',
  'client_assertion',
  'authorization_details',
  'token',
  'code',
  'refresh_token',
  'redirect_uri',
  'id_token_hint',
  'state',
  '__proto__',
);
const values = fc.oneof(
  text,
  fc.constantFrom(
    tokenExchange,
    jwtBearer,
    idTokenType,
    idJagType,
    'agent',
    'agent-at-chat',
    idpSecret,
    rasSecret,
    'e30.e30.AA',
  ),
);
const encoded = fc
  .array(fc.tuple(names, values), { maxLength: 10 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&'));
const bodies = fc.oneof(
  encoded,
  text,
  fc.json(),
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
);
const headerValues = fc.oneof(
  fc.constantFrom('application/x-www-form-urlencoded', 'application/json', 'text/html', 'null', 'gzip', '*/*'),
  fc.string({ maxLength: 40 }).map((value) => value.replace(/[^\x20-\x7e]/g, '?')),
);
const headers = fc.array(
  fc
    .tuple(
      fc.constantFrom('content-type', 'accept', 'authorization', 'origin', 'cookie', 'dpop', 'range'),
      headerValues,
    )
    .map(([name, value]) => `${name}: ${value}`),
  { maxLength: 4 },
);
const methods = fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH');

test('no request whatever makes a server fail, hang or tell', async () => {
  const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 400) };
  await fc.assert(
    fc.asyncProperty(paths, methods, headers, bodies, encoded, async ([party, path], method, lines, body, query) => {
      const target = method === 'GET' ? `${path}?${query}` : path;
      await world.send(party, { method, path: target, headers: lines, body: method === 'GET' ? '' : body });
    }),
    runs,
  );
}, 120_000);

verifies(['ATK-60', 'IDJ-22'], 'after all of that the logs hold no fault, no token and no secret', () => {
  world.expectCleanLogs();
});
