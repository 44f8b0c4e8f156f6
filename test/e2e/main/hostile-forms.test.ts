import type { RawRequest } from '@crossgrant/testkit';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { type HostileWorld, outcomeOf, type Party, startHostileWorld } from '../../fixtures/hostile-world.ts';
import { exchangeForm, jwtBearer } from '../../fixtures/issued-tokens.ts';
import { idpSecret, rasSecret } from '../../fixtures/three-servers.ts';

const form = 'content-type: application/x-www-form-urlencoded';
const json = 'content-type: application/json';
const chunked = 'transfer-encoding: chunked';
const agent = { client_id: 'agent', client_secret: idpSecret };
const basic = `authorization: Basic ${Buffer.from(`agent-at-chat:${rasSecret}`).toString('base64')}`;

let world: HostileWorld;
beforeAll(async () => {
  world = await startHostileWorld();
}, 60_000);
afterAll(() => world?.close());

interface FormEndpoint {
  readonly party: Party;
  readonly path: string;
  /** A form that is right but for its token. */
  readonly good: () => Readonly<Record<string, string>>;
  readonly credentials?: string;
}

const endpoints: readonly FormEndpoint[] = [
  { party: 'idp', path: '/token', good: () => exchangeForm(world.servers, 'x.y.z') },
  { party: 'idp', path: '/token', good: () => ({ grant_type: 'refresh_token', refresh_token: 'x', ...agent }) },
  { party: 'idp', path: '/token', good: () => ({ grant_type: 'authorization_code', code: 'x', ...agent }) },
  { party: 'idp', path: '/revoke', good: () => ({ token: 'x', ...agent }) },
  {
    party: 'authserver',
    path: '/token',
    good: () => ({ grant_type: jwtBearer, assertion: 'x.y.z' }),
    credentials: basic,
  },
  { party: 'authserver', path: '/introspect', good: () => ({ token: 'x' }), credentials: basic },
  { party: 'authserver', path: '/revoke', good: () => ({ token: 'x' }), credentials: basic },
];

interface BrokenForm {
  readonly name: string;
  /** What is sent instead of the right form, which is given encoded. */
  readonly request: (good: string) => Partial<RawRequest>;
  readonly outcomes: readonly string[];
}

const malformed = ['400 invalid_request'];
const unreadable = ['415 invalid_request'];
const unproven = ['400 invalid_request', '401 invalid_client'];
const brokenForms: readonly BrokenForm[] = [
  { name: 'GET', request: () => ({ method: 'GET' }), outcomes: ['405 invalid_request'] },
  { name: 'PUT', request: (body) => ({ method: 'PUT', body }), outcomes: ['405 invalid_request'] },
  { name: 'no media type', request: (body) => ({ headers: [], body }), outcomes: unreadable },
  { name: 'JSON', request: () => ({ headers: [json], body: '{"grant_type":"x"}' }), outcomes: unreadable },
  { name: 'two media types', request: (body) => ({ headers: [form, json], body }), outcomes: unreadable },
  {
    name: 'a coded body',
    request: (body) => ({ headers: [form, 'content-encoding: gzip'], body }),
    outcomes: unreadable,
  },
  { name: 'an empty body', request: () => ({ body: '' }), outcomes: unproven },
  { name: 'every parameter twice', request: (good) => ({ body: `${good}&${good}` }), outcomes: malformed },
  { name: 'no UTF-8', request: (good) => ({ body: latin1(`${good}&x=\xff\xfe`) }), outcomes: malformed },
  { name: 'escapes that are no UTF-8', request: (good) => ({ body: `${good}&x=%ff%fe` }), outcomes: malformed },
  { name: 'an overlong escape', request: (good) => ({ body: `${good}&x=%c0%af` }), outcomes: malformed },
  { name: 'broken escapes', request: (good) => ({ body: `${good}&x=%zz` }), outcomes: malformed },
  {
    name: 'more than 64 KB',
    request: (good) => ({ body: `${good}&x=${'a'.repeat(65_536)}` }),
    outcomes: ['413 invalid_request'],
  },
  {
    name: 'a chunk of 128 KB',
    request: () => ({ headers: [form, chunked], body: `20000\r\n${'a'.repeat(131_072)}\r\n0\r\n\r\n` }),
    outcomes: ['413 invalid_request'],
  },
  {
    name: 'a chunk of no length',
    request: () => ({ headers: [form, chunked], body: 'zz\r\na=b' }),
    outcomes: ['400 -'],
  },
  {
    name: 'a length and chunks',
    request: () => ({ headers: [form, chunked, 'content-length: 3'], body: 'a=b' }),
    outcomes: ['400 -'],
  },
  {
    name: 'the host of somebody else',
    request: (body) => ({ headers: [form, 'host: evil.example'], body }),
    outcomes: ['421 invalid_request'],
  },
  {
    name: 'two ways to prove the client',
    request: (good) => ({ headers: [form, basic], body: `${good}&client_id=agent-at-chat&client_secret=${rasSecret}` }),
    outcomes: malformed,
  },
  {
    name: 'two Authorization headers',
    request: (body) => ({ headers: [form, basic, basic], body }),
    outcomes: unproven,
  },
  {
    name: 'a scheme nobody knows',
    request: (good) => ({ headers: [form, 'authorization: Negotiate abc'], body: withoutClient(good) }),
    outcomes: unproven,
  },
  {
    name: 'credentials that are no UTF-8',
    request: (good) => ({ headers: [form, 'authorization: Basic /////w=='], body: withoutClient(good) }),
    outcomes: unproven,
  },
  {
    name: 'a client id of 30 KB',
    request: (good) => ({ body: `${withoutClient(good)}&client_secret=x&client_id=${'a'.repeat(30_000)}` }),
    outcomes: unproven,
  },
  {
    name: 'a client with a name of JavaScript',
    request: (good) => ({ body: `${withoutClient(good)}&client_secret=x&client_id=__proto__` }),
    outcomes: unproven,
  },
];

for (const { name, request, outcomes } of brokenForms) {
  verifies(['ATK-46', 'LES-31'], `${name}: ${outcomes.join(' or ')}, wherever a form is read`, async () => {
    for (const { party, path, good, credentials } of endpoints) {
      const broken = { headers: [form], ...request(new URLSearchParams(good()).toString()) };
      const isAnonymous = broken.headers.some((line) => line.startsWith('authorization')) || name.includes('a client');
      const headers = credentials === undefined || isAnonymous ? broken.headers : [...broken.headers, credentials];
      const answer = await world.send(party, { path, ...broken, headers });
      expect(outcomes, `${party}${path}: ${outcomeOf(answer)}`).toContain(outcomeOf(answer));
    }
  });
}

verifies(['ATK-60', 'IDJ-22'], 'after all of that the logs hold no fault, no token and no secret', () => {
  world.expectCleanLogs();
});

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function withoutClient(encoded: string): string {
  return encoded.replace(/&client_(?:id|secret)=[^&]*/g, '');
}
