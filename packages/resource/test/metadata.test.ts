import { type PlainRequest, plainHeaders } from '@crossgrant/protocol';
import { generateSigningKey, verificationKeyOf } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import {
  buildDirectory,
  createResourceAuthorizationServer,
  endpointsOf,
  type ResourceAuthorizationServer,
} from '../src/index.ts';
import { createMemoryResourceStore } from '../src/store/memory.ts';
import { chatClient, governed, idp, mcpResource, otherResource, trustedIssuer } from './support.ts';

function serverFor(issuer: string): ResourceAuthorizationServer {
  const key = generateSigningKey('ES256', 'k1');
  const directory = buildDirectory({
    epoch: 0,
    customers: [{ customerId: 'secret-customer', state: 'active' }],
    trustedIssuers: [trustedIssuer(idp, 'idp')],
    clients: [chatClient()],
    resources: [governed(mcpResource), governed(otherResource, { scopes: ['chat.read', 'files.read'] })],
  });
  return createResourceAuthorizationServer({
    issuer,
    store: createMemoryResourceStore(),
    keys: {
      signingKey: () => key,
      verificationKeys: () => [verificationKeyOf(key)],
      publicJwks: () => ({ keys: [key.publicJwk] }),
    },
    directory: () => directory,
    refreshDirectory: async () => undefined,
  });
}

async function get(
  server: ResourceAuthorizationServer,
  path: string,
): Promise<{ status: number; headers: Record<string, string>; body: string }> {
  const route = server.routes().find((one) => one.path === path && (one.method === 'GET' || one.method === '*'));
  if (route === undefined) throw new Error(`no route ${path}`);
  const request: PlainRequest = {
    method: 'GET',
    path,
    query: '',
    headers: plainHeaders([]),
    body: '',
    remoteAddress: '',
  };
  return (await route.handler(request)) as Awaited<ReturnType<typeof get>>;
}

verifies(
  ['MET-02', 'MET-05', 'MET-07', 'MET-08', 'MET-11'],
  'metadata says what works here and what the official client needs to read',
  async () => {
    expect(
      JSON.parse((await get(serverFor('https://as.example'), '/.well-known/oauth-authorization-server')).body),
    ).toEqual({
      issuer: 'https://as.example',
      authorization_endpoint: 'https://as.example/authorize',
      token_endpoint: 'https://as.example/token',
      jwks_uri: 'https://as.example/jwks',
      introspection_endpoint: 'https://as.example/introspect',
      revocation_endpoint: 'https://as.example/revoke',
      response_types_supported: ['code'],
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'client_secret_basic', 'client_secret_post'],
      token_endpoint_auth_signing_alg_values_supported: ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA', 'Ed25519'],
      scopes_supported: ['chat.read', 'chat.history', 'files.read'],
      code_challenge_methods_supported: ['S256'],
      dpop_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
      authorization_response_iss_parameter_supported: true,
      protected_resources: [mcpResource, otherResource],
    });
  },
);

verifies('MET-06', 'every well-known form answers the same, for issuers with and without a path', async () => {
  for (const [issuer, paths] of [
    ['https://as.example', ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']],
    [
      'https://as.example/t/one',
      [
        '/.well-known/oauth-authorization-server/t/one',
        '/.well-known/openid-configuration/t/one',
        '/t/one/.well-known/openid-configuration',
      ],
    ],
  ] as const) {
    const server = serverFor(issuer);
    const bodies = await Promise.all(paths.map(async (path) => (await get(server, path)).body));
    expect(new Set(bodies).size).toBe(1);
    expect(JSON.parse(bodies[0] ?? '').issuer).toBe(issuer);
    expect(endpointsOf(issuer).token).toBe(`${issuer}/token`);
    expect(server.routes().map(({ path }) => path)).toContain(new URL(`${issuer}/token`).pathname);
  }
});

verifies(['MET-03', 'ATK-54'], 'public documents name no trusted issuer, no customer and no client', async () => {
  const server = serverFor('https://as.example');
  const text =
    (await get(server, '/.well-known/oauth-authorization-server')).body +
    (await get(server, '/jwks')).body +
    (await get(server, '/authorize')).body;
  for (const secret of ['acme.idp.example', 'secret-customer', 'agent-at-chat']) expect(text).not.toContain(secret);
});

verifies(
  ['MET-12', 'LES-68', 'BCP-06'],
  'metadata and keys may be cached, metadata read across origins, and nothing else',
  async () => {
    const server = serverFor('https://as.example');
    const metadata = await get(server, '/.well-known/openid-configuration');
    const jwks = await get(server, '/jwks');
    expect([metadata.headers['cache-control'], jwks.headers['cache-control']]).toEqual([
      'public, max-age=300',
      'public, max-age=300',
    ]);
    for (const route of server.routes()) {
      const { headers } = await get(server, route.path);
      expect([route.path, headers['access-control-allow-origin'], headers['access-control-allow-credentials']]).toEqual(
        [route.path, route.path.includes('.well-known') ? '*' : undefined, undefined],
      );
    }
  },
);

verifies('KEY-01', 'the published keys are public, named, and for signatures', async () => {
  const { keys } = JSON.parse((await get(serverFor('https://as.example'), '/jwks')).body) as {
    keys: Record<string, unknown>[];
  };
  expect(keys).toEqual([
    { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String), kid: 'k1', alg: 'ES256', use: 'sig' },
  ]);
});

verifies(
  ['MET-07', 'BCP-01', 'LES-17'],
  'the authorization endpoint is a page that follows and prints nothing of the request',
  async () => {
    const server = serverFor('https://as.example');
    const page = await get(server, '/authorize');
    expect([page.status, page.headers['content-type'], page.headers.location]).toEqual([
      400,
      'text/html; charset=utf-8',
      undefined,
    ]);
    expect(page.body).toContain('Access is managed by your company');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  },
);

test('the style of the page is the one its policy allows', async () => {
  const page = await get(serverFor('https://as.example'), '/authorize');
  const style = /<style>([\s\S]*?)<\/style>/.exec(page.body)?.[1] ?? '';
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))).toString('base64');
  expect(page.headers['content-security-policy']).toContain(`'sha256-${hash}'`);
});
