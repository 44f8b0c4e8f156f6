import { type PlainRequest, plainHeaders } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clientId,
  clientSecret,
  createWorld,
  formRequest,
  idJag,
  nowSeconds,
  self,
  tokenRequest,
  vectors,
} from './support.ts';

const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 200) };

const names = fc.constantFrom(
  'grant_type',
  'assertion',
  'client_id',
  'client_secret',
  'scope',
  'resource',
  'token',
  'authorization_details',
  'client_assertion',
  'client_assertion_type',
  '__proto__',
  'a.b[c]',
);
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    vectors.redemption[0]?.assertion ?? '',
    vectors.id_token,
    clientId,
    clientSecret,
    '%',
    '%00',
    '%ff',
    '....',
    'a.b.c',
    'e30.e30.AA',
  ),
);
const bodies = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(fc.tuple(names, values), { maxLength: 8 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&')),
);
const headers = fc.array(
  fc.tuple(
    fc.constantFrom('authorization', 'content-type', 'dpop', 'accept'),
    fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.constantFrom('application/x-www-form-urlencoded', 'Basic Og==', 'Basic e30=', 'Bearer x'),
    ),
  ),
  { maxLength: 3 },
);

verifies(
  ['ATK-46', 'RED-01'],
  'no body and no headers make any endpoint fail: always a refusal, never 500',
  async () => {
    const world = createWorld();
    await fc.assert(
      fc.asyncProperty(bodies, headers, fc.boolean(), async (body, extra, isForm) => {
        const pairs = isForm
          ? [
              ['content-type', 'application/x-www-form-urlencoded'] as const,
              ...extra.filter(([name]) => name !== 'content-type'),
            ]
          : extra;
        const request: PlainRequest = {
          method: 'POST',
          path: '/token',
          query: '',
          headers: plainHeaders(pairs),
          body,
          remoteAddress: '192.0.2.1',
        };
        for (const endpoint of [world.server.token, world.server.introspect, world.server.revoke]) {
          const response = await endpoint(request);
          expect(response.status).toBeLessThan(500);
          if (response.status !== 200)
            expect(Object.keys(JSON.parse(response.body) as object).sort()).toEqual(['error', 'error_description']);
        }
      }),
      runs,
    );
  },
);

const claimNames = fc.constantFrom(
  'iss',
  'sub',
  'aud',
  'client_id',
  'jti',
  'iat',
  'exp',
  'nbf',
  'resource',
  'scope',
  'tenant',
  'aud_tenant',
  'aud_sub',
  'email',
  'email_verified',
  'auth_time',
  'acr',
  'amr',
  'cnf',
  'act',
  'authorization_details',
  'session_expiry',
  'sub_id',
  '__proto__',
  'constructor',
  'toString',
);
const claimValues = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }),
  fc.constantFrom<unknown>(
    null,
    '',
    [],
    {},
    -1,
    0,
    0.5,
    1e308,
    nowSeconds,
    self,
    [self],
    ['a', 1],
    { jkt: 'x' },
    '\u0000',
    '\ud800',
    'a\r\nb',
    { sub: { sub: 1 } },
  ),
);

verifies(
  ['ATK-46', 'RED-10', 'LES-35'],
  'no signed payload makes redemption fail, and none is granted more than its good neighbour',
  async () => {
    const world = createWorld({
      trusted: { linking: { jit: true, email: true, verifiedDomains: ['acme.example'], audSub: true } },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(claimNames, claimValues), { minLength: 1, maxLength: 4 }), async (changes) => {
        const claims: Record<string, unknown> = Object.create(null);
        for (const [name, value] of changes)
          Object.defineProperty(claims, name, { value, enumerable: true, configurable: true, writable: true });
        const response = await world.server.token(tokenRequest(idJag(claims)));
        const body = JSON.parse(response.body) as Record<string, unknown>;
        expect([response.status, response.status < 500]).toEqual([response.status, true]);
        if (response.status === 200) {
          expect(['chat.read', 'chat.history', 'chat.read chat.history', 'chat.history chat.read']).toContain(
            body.scope,
          );
          expect(['https://mcp.chat.example/mcp', 'https://files.chat.example/mcp']).toContain(body.resource);
          expect(Number(body.expires_in)).toBeLessThanOrEqual(600);
        }
      }),
      runs,
    );
  },
);

test('no JOSE header makes redemption fail', async () => {
  const world = createWorld();
  const headerNames = fc.constantFrom(
    'alg',
    'typ',
    'kid',
    'crit',
    'b64',
    'zip',
    'jwk',
    'jku',
    'x5c',
    'x5u',
    'cty',
    'enc',
    '__proto__',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(headerNames, claimValues), { maxLength: 4 }),
      fc.base64String({ maxLength: 90 }),
      async (members, signature) => {
        const header = Buffer.from(
          JSON.stringify({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: 'idp-2026-11', ...Object.fromEntries(members) }),
        ).toString('base64url');
        const payload = idJag().split('.')[1] ?? '';
        const response = await world.server.token(
          tokenRequest(`${header}.${payload}.${signature.replaceAll('=', '')}`),
        );
        expect(response.status).toBe(400);
      },
    ),
    runs,
  );
});

verifies(
  ['RED-19', 'ATK-27'],
  'the granted scope is within claim, resource, client and account, whatever is asked',
  async () => {
    const tokens = ['a', 'b', 'c', 'd'];
    const some = fc.uniqueArray(fc.constantFrom(...tokens), { minLength: 0, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(some, some, some, some, async (claimed, requested, ofResource, ofClient) => {
        const world = createWorld({
          resource: { scopes: ofResource },
          client: { scopes: ofClient },
          trusted: { defaultScopes: undefined },
        });
        const form = { scope: requested.length === 0 ? undefined : requested.join(' ') };
        const response = await world.server.token(
          tokenRequest(idJag({ scope: claimed.length === 0 ? undefined : claimed.join(' ') }), { form }),
        );
        const granted =
          response.status === 200
            ? String((JSON.parse(response.body) as Record<string, unknown>).scope).split(' ')
            : [];
        const allowed = claimed.filter(
          (scope) =>
            ofResource.includes(scope) &&
            ofClient.includes(scope) &&
            (requested.length === 0 || requested.includes(scope)),
        );
        expect([...granted].sort()).toEqual([...allowed].sort());
      }),
      runs,
    );
  },
);

test('introspection and revocation survive any token text', async () => {
  const world = createWorld();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant('.'.repeat(16_000))),
      async (token) => {
        const credentials = { client_id: 'https://mcp.chat.example/mcp', client_secret: 'rs-mcp.chat.example' };
        const response = await world.server.introspect(
          formRequest('/introspect', { token: token.toWellFormed(), ...credentials }),
        );
        expect([200, 400]).toContain(response.status);
        if (response.status === 200) expect(JSON.parse(response.body)).toEqual({ active: false });
      },
    ),
    runs,
  );
});
