import type { RawAnswer } from '@crossgrant/testkit';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { type HostileWorld, outcomeOf, startHostileWorld } from '../../fixtures/hostile-world.ts';
import { exchangeForm, type IssuedTokens, jwtBearer } from '../../fixtures/issued-tokens.ts';
import { idpSecret, mcpSecret, rasSecret } from '../../fixtures/three-servers.ts';

const agent = { client_id: 'agent', client_secret: idpSecret };
const agentAtChat = { client_id: 'agent-at-chat', client_secret: rasSecret };

let world: HostileWorld;
beforeAll(async () => {
  world = await startHostileWorld();
}, 60_000);
afterAll(() => world?.close());

type Kind = keyof IssuedTokens;

/** Every place that takes a token: what it takes, and what it says to anything else. */
const doors: readonly {
  readonly name: string;
  readonly takes?: Kind;
  readonly refusals: readonly string[];
  readonly send: (token: string) => Promise<RawAnswer>;
}[] = [
  {
    name: 'token exchange',
    takes: 'idToken',
    refusals: ['400 invalid_grant', '400 invalid_request'],
    send: (token) => post('idp', '/token', exchangeForm(world.servers, token)),
  },
  {
    name: 'redemption',
    refusals: ['400 invalid_grant'],
    send: (token) => post('authserver', '/token', { grant_type: jwtBearer, assertion: token, ...agentAtChat }),
  },
  {
    name: 'authorization code',
    refusals: ['400 invalid_grant'],
    send: (code) =>
      post('idp', '/token', {
        grant_type: 'authorization_code',
        code,
        code_verifier: 'v'.repeat(43),
        redirect_uri: world.servers.redirectUri,
        ...agent,
      }),
  },
  {
    name: 'refresh',
    takes: 'refreshToken',
    refusals: ['400 invalid_grant'],
    send: (token) => post('idp', '/token', { grant_type: 'refresh_token', refresh_token: token, ...agent }),
  },
  {
    name: 'userinfo',
    takes: 'userinfoToken',
    refusals: ['401 invalid_token', '400 invalid_request', '400 -'],
    send: (token) =>
      world.send('idp', { method: 'GET', path: '/userinfo', headers: [`authorization: Bearer ${token}`] }),
  },
  {
    name: 'MCP server',
    takes: 'accessToken',
    refusals: ['401 invalid_token', '400 invalid_request', '400 -'],
    send: (token) =>
      world.send('mcp', {
        path: '/mcp',
        headers: [
          `authorization: Bearer ${token}`,
          'content-type: application/json',
          'accept: application/json, text/event-stream',
        ],
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"q":"hello"}}}',
      }),
  },
  {
    name: 'introspection',
    takes: 'accessToken',
    refusals: ['200 -'],
    send: (token) =>
      post('authserver', '/introspect', { token, client_id: world.servers.resource, client_secret: mcpSecret }),
  },
];

const alterations: readonly [string, (token: string) => string][] = [
  ['without its last character', (token) => token.slice(0, -1)],
  ['without its first character', (token) => token.slice(1)],
  ['with one character more', (token) => `${token}a`],
  ['with padding', (token) => `${token}=`],
  ['with a line feed', (token) => `${token}\n`],
  ['with another signature', (token) => token.replace(/[^.]{43}$/, 'A'.repeat(43))],
  ['without its second half', (token) => token.slice(0, token.length / 2)],
  ['twice', (token) => `${token}.${token}`],
  ['in capitals', (token) => token.toUpperCase()],
  ['of 60 KB', (token) => token.repeat(Math.ceil(50_000 / token.length))],
];

for (const { name, takes, refusals, send } of doors) {
  verifies(['ATK-46', 'LES-27'], `${name}: a live token of another kind is refused`, async () => {
    for (const [kind, token] of Object.entries(world.tokens)) {
      if (kind === takes) continue;
      expectRefused(await send(token), refusals, kind);
    }
  });

  verifies(['ATK-46', 'LES-29'], `${name}: a live token in another form is refused`, async () => {
    const token = world.tokens[takes ?? 'idJag'];
    for (const [how, alter] of alterations) {
      if (alter(token).length > 8_000 && name !== 'token exchange' && name !== 'redemption') continue;
      expectRefused(await send(alter(token)), refusals, how);
    }
  });
}

verifies(['ATK-11', 'RED-26'], 'an ID-JAG that was redeemed is refused', async () => {
  const answer = await doors[1]!.send(world.tokens.idJag);
  expect(outcomeOf(answer)).toBe('400 invalid_grant');
});

verifies(['ATK-60', 'IDJ-22'], 'after all of that the logs hold no fault, no token and no secret', () => {
  world.expectCleanLogs();
});

function post(party: 'idp' | 'authserver', path: string, form: Record<string, string>): Promise<RawAnswer> {
  const headers = ['content-type: application/x-www-form-urlencoded'];
  return world.send(party, { path, headers, body: new URLSearchParams(form).toString() });
}

function expectRefused(answer: RawAnswer, refusals: readonly string[], what: string): void {
  expect(refusals, `${what}: ${outcomeOf(answer)} ${answer.head.slice(0, 200)}`).toContain(outcomeOf(answer));
  if (answer.status === 200) expect(JSON.parse(answer.body)).toEqual({ active: false });
}
