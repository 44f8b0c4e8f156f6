import { generateSigningKey, type VerificationKey, verificationKeyOf } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import {
  bearer,
  createMiddlewareWorld,
  issuer,
  type MiddlewareWorld,
  metadataUrl,
  now,
  requestWith,
  resource,
} from '../../test/middleware-world.ts';
import type { BearerRequest } from './bearer-header.ts';
import type { AdmissionNeeds } from './create-resource-server.ts';

async function outcome(
  { server }: MiddlewareWorld,
  request: BearerRequest | string,
  needs?: AdmissionNeeds,
): Promise<unknown> {
  const admission = await server.admit(typeof request === 'string' ? bearer(request) : request, needs);
  if (admission.admitted) return 'admitted';
  return [admission.response.status, JSON.parse(admission.response.body).error];
}

const invalidToken = [401, 'invalid_token'];

verifies(['RSV-07', 'RSV-05'], 'the caller is who the token says, tenant and sign-on included', async () => {
  const world = createMiddlewareWorld();
  const result = await world.server.authenticate(bearer(world.token({ authTime: now - 60, acr: 'phr' })));

  expect(result.ok && result.value).toMatchObject({
    issuer,
    subject: 'acct_7',
    customer: 'cus_1',
    clientId: 'agent',
    scope: ['chat.read'],
    resource,
    jti: 'at-1',
    authTime: now - 60,
    acr: 'phr',
  });
});

verifies('RSV-08', 'the token is not part of what handlers get', async () => {
  const world = createMiddlewareWorld();
  const token = world.token();
  const result = await world.server.authenticate(bearer(token));

  expect(JSON.stringify(result)).not.toContain(token.slice(-20));
});

verifies(
  ['RSV-01', 'RSV-02', 'MCP-13', 'ATK-09', 'ATK-61', 'MCP-03'],
  'tokens for others, by others, and of other kinds are refused with 401',
  async () => {
    const world = createMiddlewareWorld();
    const refused = [
      world.token({ resource: 'https://mcp.other.example/mcp' }),
      world.token({}, { aud: [resource, 'https://evil.example'] }),
      world.token({}, { aud: 'https://mcp.chat.example/mcp-admin' }),
      world.token({ issuer: 'https://acme.idp.example' }),
      world.token({}, {}, 'oauth-id-jag+jwt'),
      world.token({}, {}, 'JWT'),
      world.token({ lifetimeSeconds: -31 }),
      world.token({}, { cnf: { jkt: 'x' } }),
      createMiddlewareWorld().token(),
      'junk',
      'a.b.c',
    ];
    for (const token of refused) expect(await outcome(world, token), token).toEqual(invalidToken);
    expect(await outcome(world, world.token())).toBe('admitted');
  },
);

verifies(
  ['RSV-01', 'ATK-03', 'ATK-04', 'ATK-05', 'ATK-06'],
  'algorithms off the list and hostile headers are refused before any key is looked for',
  async () => {
    let lookUps = 0;
    const find = async (): Promise<readonly VerificationKey[]> => {
      lookUps++;
      return [];
    };
    const world = createMiddlewareWorld({ keys: { find } });
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    for (const header of [{ alg: 'none' }, { alg: 'HS256', kid: 'ras-1' }, { alg: 'ES256', kid: 1 }, { kid: 'ras-1' }])
      expect(await outcome(world, `${encode(header)}.${encode({})}.AAAA`)).toEqual(invalidToken);
    expect(lookUps).toBe(0);
    expect(await outcome(world, world.token())).toEqual(invalidToken);
    expect(lookUps).toBe(1);
  },
);

verifies(['LES-86', 'MET-10'], 'nothing, junk and other schemes are challenged; nobody is anonymous', async () => {
  const world = createMiddlewareWorld();

  expect(await outcome(world, requestWith())).toEqual(invalidToken);
  expect(await outcome(world, requestWith('Basic YTpi'))).toEqual(invalidToken);
  expect(await outcome(world, requestWith('Bearer junk'))).toEqual(invalidToken);
  expect(await outcome(world, requestWith('Bearer a', 'Bearer b'))).toEqual([400, 'invalid_request']);
});

verifies('LES-86', 'a verifier that throws turns the request away with 503', async () => {
  const events: unknown[] = [];
  const world = createMiddlewareWorld({
    keys: { find: () => Promise.reject(new Error('down')) },
    report: (event) => events.push(event),
  });

  expect(await outcome(world, world.token())).toEqual([503, 'temporarily_unavailable']);
  expect(events).toMatchObject([{ outcome: 'fault' }]);
  const revocation = createMiddlewareWorld({ isRevoked: () => Promise.reject(new Error('down')) });
  expect(await outcome(revocation, revocation.token())).toEqual([503, 'temporarily_unavailable']);
});

verifies('MET-10', 'the first challenge leads to the metadata, names the scopes and no error', async () => {
  const { server } = createMiddlewareWorld({ scopesSupported: ['chat.read', 'offline_access'] });
  const admission = await server.admit(requestWith());

  const where = `scope="chat.read", resource_metadata="${metadataUrl}"`;
  expect(admission.admitted ? undefined : admission.response.headers['www-authenticate']).toBe(
    `Bearer ${where}, DPoP ${where}, algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"`,
  );
});

verifies('MCP-13', 'an invalid token is challenged with its error', async () => {
  const { server } = createMiddlewareWorld();
  const admission = await server.admit(bearer('junk'));

  expect(admission.admitted ? undefined : admission.response.headers['www-authenticate']).toBe(
    `Bearer error="invalid_token", error_description="The access token is not acceptable", scope="chat.read chat.history", resource_metadata="${metadataUrl}"`,
  );
});

verifies(
  ['RSV-04', 'MCP-13'],
  'a missing scope is 403 insufficient_scope with all scopes that are needed',
  async () => {
    const world = createMiddlewareWorld();
    const admission = await world.server.admit(bearer(world.token()), { scopes: ['chat.read', 'chat.history'] });

    expect(admission.admitted ? undefined : admission.response.status).toBe(403);
    expect(admission.admitted ? undefined : admission.response.headers['www-authenticate']).toBe(
      `Bearer error="insufficient_scope", error_description="The access token lacks a scope", scope="chat.read chat.history", resource_metadata="${metadataUrl}"`,
    );
  },
);

verifies('RSV-04', 'a scope that implies another reaches it', async () => {
  const world = createMiddlewareWorld({ scopeHierarchy: { 'chat.history': ['chat.read'] } });

  expect(await outcome(world, world.token({ scope: ['chat.history'] }), { scopes: ['chat.read'] })).toBe('admitted');
  expect(await outcome(world, world.token({ scope: ['chat.read'] }), { scopes: ['chat.history'] })).toEqual([
    403,
    'insufficient_scope',
  ]);
});

verifies('RSV-05', 'a stale sign-on is 401 insufficient_user_authentication with what would satisfy', async () => {
  const world = createMiddlewareWorld();
  const admission = await world.server.admit(bearer(world.token({ authTime: now - 600 })), {
    authentication: { acrValues: ['phr'], maxAgeSeconds: 300 },
  });

  expect(admission.admitted ? undefined : admission.response.status).toBe(401);
  expect(admission.admitted ? undefined : admission.response.headers['www-authenticate']).toContain(
    'error="insufficient_user_authentication"',
  );
  expect(admission.admitted ? undefined : admission.response.headers['www-authenticate']).toContain(
    'acr_values="phr", max_age="300"',
  );
});

verifies(
  'RSV-05',
  'a scope that asks for a fresh sign-on is judged for APIs without messages too, at every use',
  async () => {
    const world = createMiddlewareWorld({ signOnByScope: { 'chat.read': { maxAgeSeconds: 60 } } });
    const token = world.token({ authTime: now - 50 });
    const ask = (text: string) => outcome(world, text, { scopes: ['chat.read'] });
    expect(await ask(token)).toBe('admitted');
    world.nowSeconds += 11;
    expect(await ask(token)).toEqual([401, 'insufficient_user_authentication']);
    expect(await ask(world.token())).toEqual([401, 'insufficient_user_authentication']);
    expect(await outcome(world, token)).toBe('admitted');
  },
);

verifies('LES-36', 'a remembered signature does not remember time, revocation, scope or resource', async () => {
  const revoked = new Set<string>();
  const world = createMiddlewareWorld({ isRevoked: (auth) => revoked.has(auth.jti) });
  const neighbour = createMiddlewareWorld({ resource: 'https://mcp.other.example/mcp' }, world.key);
  const token = world.token();

  expect(await outcome(world, token)).toBe('admitted');
  expect(await outcome(neighbour, token)).toEqual(invalidToken);
  expect(await outcome(world, token, { scopes: ['chat.history'] })).toEqual([403, 'insufficient_scope']);
  revoked.add('at-1');
  expect(await outcome(world, token)).toEqual(invalidToken);
  revoked.clear();
  world.nowSeconds = now + 630;
  expect(await outcome(world, token)).toEqual(invalidToken);
});

verifies('LES-36', 'a token that shares its beginning with a remembered one is verified itself', async () => {
  const world = createMiddlewareWorld();
  const token = world.token();
  const dot = token.lastIndexOf('.');
  const flipped = token.slice(0, dot + 1) + (token[dot + 1] === 'A' ? 'B' : 'A') + token.slice(dot + 2);

  expect(await outcome(world, token)).toBe('admitted');
  expect(flipped.slice(0, 200)).toBe(token.slice(0, 200));
  expect(await outcome(world, flipped)).toEqual(invalidToken);
});

verifies('LES-36', 'a remembered signature is forgotten when the key set changes', async () => {
  const key = generateSigningKey('ES256', 'ras-1');
  let current: readonly VerificationKey[] = [verificationKeyOf(key)];
  const world = createMiddlewareWorld({ keys: { find: async () => current } }, key);
  const token = world.token();

  expect(await outcome(world, token)).toBe('admitted');
  current = [verificationKeyOf(generateSigningKey('ES256', 'ras-1'))];
  expect(await outcome(world, token)).toEqual(invalidToken);
  current = [];
  expect(await outcome(world, token)).toEqual(invalidToken);
});

verifies('MCP-14', 'offline_access is never asked for', async () => {
  const { server } = createMiddlewareWorld({ scopesSupported: ['offline_access', 'chat.read'] });
  const admission = await server.admit(requestWith());

  expect(admission.admitted ? undefined : admission.response.headers['www-authenticate']).toContain(
    'scope="chat.read"',
  );
});

verifies(['MET-09', 'MCP-11', 'MCP-14'], 'the metadata stands at the path-inserted URL', () => {
  const { server } = createMiddlewareWorld({ scopesSupported: ['chat.read', 'offline_access'], resourceName: 'Chat' });

  expect(server.metadataPath).toBe('/.well-known/oauth-protected-resource/mcp');
  expect(server.serveMetadata('GET', '/mcp')).toBeUndefined();
  const response = server.serveMetadata('GET', server.metadataPath);
  expect(JSON.parse(response?.body ?? '')).toEqual({
    resource,
    authorization_servers: [issuer],
    scopes_supported: ['chat.read'],
    bearer_methods_supported: ['header'],
    resource_name: 'Chat',
    dpop_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
  });
  expect(server.serveMetadata('POST', server.metadataPath)?.status).toBe(405);
});

verifies('MET-12', 'metadata may be cached and read from any page', () => {
  const response = createMiddlewareWorld().server.serveMetadata('GET', '/.well-known/oauth-protected-resource/mcp');

  expect(response?.headers).toMatchObject({
    'cache-control': 'public, max-age=300',
    'access-control-allow-origin': '*',
  });
});

test('what happened is reported with the id that joins the logs, and without the token', async () => {
  const events: unknown[] = [];
  const world = createMiddlewareWorld({ report: (event) => events.push(event) });
  const token = world.token();
  await world.server.admit(bearer(token));
  await world.server.admit(bearer(token), { scopes: ['chat.history'] });
  await world.server.admit(bearer('junk'));

  expect(events).toMatchObject([
    { outcome: 'allow', jti: 'at-1', subject: 'acct_7', clientId: 'agent' },
    { outcome: 'refused', code: 'bearer/insufficient-scope', jti: 'at-1' },
    { outcome: 'refused', code: 'bearer/not-a-token' },
  ]);
  expect(JSON.stringify(events)).not.toContain('eyJ');
});

test('a report that throws changes no decision', async () => {
  const world = createMiddlewareWorld({
    report: () => {
      throw new Error('disk full');
    },
  });

  expect(await outcome(world, world.token())).toBe('admitted');
  expect(await outcome(world, 'junk')).toEqual(invalidToken);
});
