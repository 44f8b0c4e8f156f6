import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import { loadWorld, readWorld } from './load-world.ts';
import { WorldMistakes } from './mistakes.ts';
import { type SecretSources, secretReader } from './secrets.ts';
import { toAuthServerConfig, toIdpConfig } from './server-configs.ts';

const world = loadWorld(join(import.meta.dirname, '..', '..', '..', 'worlds/default.yaml'));

test('the IdP gets its people, apps and rules with secrets as texts', () => {
  const config = toIdpConfig(world);
  expect(config.people?.[0]).toMatchObject({
    username: 'alice',
    password: 'alice-sample-password',
    groups: ['engineering'],
  });
  expect(config.policy?.clientApps?.[0]).toMatchObject({
    id: 'agent',
    auth: { methods: ['client_secret_post'], secret: 'agent-sample-secret' },
  });
  expect(config.policy?.rules?.[1]).toMatchObject({ id: 'contractors-never', groups: ['contractors'], effect: 'deny' });
  expect(JSON.stringify(config)).not.toContain('agent-at-chat-sample-secret');
});

test('the authorization server gets its own secrets and none of the IdP', () => {
  const config = toAuthServerConfig(world);
  expect(config.clients[0]).toMatchObject({
    id: 'agent-at-chat',
    auth: { methods: ['client_secret_basic'], secret: 'agent-at-chat-sample-secret' },
  });
  expect(config.trustedIssuers[0]).toMatchObject({
    issuer: 'http://127.0.0.1:4701',
    keys: 'discovery',
    linking: 'jit',
    reuse: 'refuse',
    defaultResource: 'http://127.0.0.1:4703/mcp',
  });
  expect(JSON.stringify(config)).not.toContain('"agent-sample-secret"');
  expect(JSON.stringify(config)).not.toContain('alice-sample-password');
});

verifies('CAU-04', 'whether public clients are let in is said in so many words, and reaches the server', () => {
  const parts = (port: number) => `issuer: "http://127.0.0.1:${port}", listen: "127.0.0.1:${port}", database: ./x.db`;
  const worldWith = (idp: string, documents = '{}') =>
    readWorld(
      `{ development: true, idp: { ${parts(1)}, ${idp} }, authserver: { ${parts(2)}, clientMetadataDocuments: ${documents} } }`,
      'w.yaml',
    );
  const atAuthServer = (documents: string) =>
    toAuthServerConfig(worldWith('clientMetadataDocuments: true', documents)).clientMetadataDocuments?.publicClients;
  expect(atAuthServer('{}')).toBe(false);
  expect(atAuthServer('{ publicClients: true }')).toBe(true);
  expect(() => atAuthServer('{ publicClients: 1 }')).toThrow('authserver.clientMetadataDocuments.publicClients');
  const documents = 'clientMetadataDocuments: true';
  expect(toIdpConfig(worldWith(documents)).publicClients).toBe(false);
  expect(toIdpConfig(worldWith(`${documents}, publicClients: true`)).publicClients).toBe(true);
});

verifies('DPO-11', 'demands for proofs and nonces reach the servers, and a wrong word is one sentence', () => {
  const servers = (nonces: string): string =>
    `development: true, idp: { issuer: "http://127.0.0.1:1", listen: "127.0.0.1:1", database: ./i.db, dpopNonces: ${nonces} }, policy: { clientApps: [{ id: agent, dpopRequired: true, auth: { method: none } }] }, authserver: { issuer: "http://127.0.0.1:2", listen: "127.0.0.1:2", database: ./a.db, dpopNonces: required, jwtDpopGrant: true, clients: [{ id: a, dpopRequired: true, auth: { method: client_secret_basic, secret: s } }], resources: [{ identifier: "http://127.0.0.1:3/mcp", scopes: [read], dpopRequired: true }] }`;
  const demanding = readWorld(`{ ${servers('required')} }`, 'w.yaml');
  expect(toIdpConfig(demanding)).toMatchObject({
    dpopNonces: 'required',
    policy: { clientApps: [{ dpopRequired: true }] },
  });
  expect(toAuthServerConfig(demanding)).toMatchObject({
    dpopNonces: 'required',
    jwtDpopGrant: true,
    clients: [{ dpopRequired: true }],
    resources: [{ dpopRequired: true }],
  });
  expect(toIdpConfig(world).dpopNonces).toBe('off');
  expect(() => readWorld(`{ ${servers('sometimes')} }`, 'w.yaml')).toThrow('idp.dpopNonces: must be off or required.');
});

verifies(['LES-20', 'ADM-02'], 'a state that the file leaves out is not stated to the authorization server', () => {
  const config = toAuthServerConfig(world);
  const entries = [...config.clients, ...config.trustedIssuers, ...(config.accounts ?? [])];
  expect(entries.length).toBeGreaterThan(1);
  expect(entries.filter(({ state }) => state !== undefined)).toEqual([]);
});

verifies('LES-35', 'what the authorization server would not start with is told by the file, with its path', () => {
  const sentencesOf = (entry: string): readonly string[] => {
    try {
      readWorld(
        `{ development: true, authserver: { issuer: "https://as.example", listen: "127.0.0.1:1", database: ./a.db, ${entry} } }`,
        'w.yaml',
      );
      return [];
    } catch (error) {
      return error instanceof WorldMistakes ? error.sentences : [String(error)];
    }
  };
  const trusted = (part: string): string =>
    `clients: [{ id: a, auth: { method: client_secret_basic, secret: s3cret } }], trustedIssuers: [{ issuer: "https://idp.example", ${part} }]`;
  expect(sentencesOf(trusted('clients: [a], skewSeconds: 61'))).toEqual([
    'authserver.trustedIssuers[0].skewSeconds: must be at most 60 seconds.',
  ]);
  expect(sentencesOf(trusted('clients: []'))).toEqual([
    'authserver.trustedIssuers[0].clients: must name at least one client.',
  ]);
  expect(
    sentencesOf('resources: [{ identifier: "https://mcp.example", scopes: [a], accessTokenSeconds: 901 }]'),
  ).toEqual(['authserver.resources[0].accessTokenSeconds: must be at most 900 seconds.']);
  expect(
    sentencesOf('clients: [{ id: "https://c.example", auth: { method: client_secret_basic, secret: s3cret } }]'),
  ).toEqual([
    'authserver.clients[0].id: may hold letters, digits, "-" and "_" only, or is the https URL of a metadata document.',
    'authserver.clients[0].auth: is said by the metadata document of this client, not here.',
  ]);
});

describe('a client that signs its assertions', () => {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    kid: 'k1',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  };
  const worldOf = (auth: object) =>
    readWorld(
      JSON.stringify({
        development: true,
        authserver: {
          issuer: 'https://as.example',
          listen: '127.0.0.1:1',
          database: './a.db',
          clients: [{ id: 'agent', auth }],
        },
        idp: { issuer: 'https://idp.example', listen: '127.0.0.1:2', database: './i.db' },
        policy: { clientApps: [{ id: 'agent', auth }] },
      }),
      'w.yaml',
    );
  const sentencesOf = (auth: object): readonly string[] => {
    try {
      worldOf(auth);
      return [];
    } catch (error) {
      return error instanceof WorldMistakes ? error.sentences : [String(error)];
    }
  };

  verifies('CAU-02', 'reaches both servers with its keys, or their address, and its switch', () => {
    const pinned = worldOf({ method: 'private_key_jwt', jwks: { keys: [jwk] } });
    const auth = { methods: ['private_key_jwt'], keys: { jwks: { keys: [jwk] } }, tokenEndpointAudience: false };
    expect(toAuthServerConfig(pinned).clients[0]?.auth).toMatchObject(auth);
    expect(toIdpConfig(pinned).policy?.clientApps?.[0]?.auth).toMatchObject(auth);
    const jwksUri = 'https://agent.example/jwks.json';
    const remote = worldOf({ method: ['private_key_jwt'], jwksUri, tokenEndpointAudience: true });
    const elsewhere = { keys: { jwksUri }, tokenEndpointAudience: true };
    expect(toAuthServerConfig(remote).clients[0]?.auth).toMatchObject(elsewhere);
    expect(toIdpConfig(remote).policy?.clientApps?.[0]?.auth).toMatchObject(elsewhere);
  });

  test.each([
    [{ method: 'private_key_jwt' }, 'auth.jwks: is missing: private_key_jwt needs jwks or jwksUri.'],
    [
      { method: 'private_key_jwt', jwks: { keys: [jwk] }, jwksUri: 'https://a.example/k' },
      'auth.jwksUri: is one source of keys too many beside jwks.',
    ],
    [
      { method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct' }] } },
      'auth.jwks: holds no usable key. Key 0: has a type or curve that is not supported.',
    ],
    [
      { method: 'client_secret_post', secret: 's3cret', jwksUri: 'https://a.example/k' },
      'auth.jwksUri: is of no use: private_key_jwt is none of the methods.',
    ],
    [
      { method: 'client_secret_post', secret: 's3cret', tokenEndpointAudience: true },
      'auth.tokenEndpointAudience: is of no use: private_key_jwt is none of the methods.',
    ],
    [
      { method: 'private_key_jwt', jwksUri: 'http://agent.example/k' },
      'auth.jwksUri: must start with https://; http works on 127.0.0.1, [::1] and localhost only.',
    ],
    [
      { method: ['private_key_jwt', 'client_secret_post'], jwksUri: 'https://a.example/k' },
      'auth.secret: is missing: client_secret_post needs one.',
    ],
  ])('%j is a sentence for each server', (auth, sentence) => {
    expect(sentencesOf(auth)).toEqual([`policy.clientApps[0].${sentence}`, `authserver.clients[0].${sentence}`]);
  });
});

describe('a secret from outside the file', () => {
  const worldWith = (secret: string, development: boolean) =>
    readWorld(
      `{ development: ${development}, authserver: { issuer: "https://as.example", listen: "127.0.0.1:1", database: ./a.db, clients: [{ id: agent, auth: { method: client_secret_basic, secret: ${secret} } }] } }`,
      'w.yaml',
    );
  const sources = (env: Record<string, string>, files: Record<string, string> = {}): SecretSources => ({
    env,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error('ENOENT');
      return text;
    },
  });
  const long = 'a'.repeat(32);

  test('comes from the environment or a file', () => {
    expect(
      toAuthServerConfig(worldWith('{ env: SECRET }', false), sources({ SECRET: long })).clients[0]?.auth.secret,
    ).toBe(long);
    expect(
      toAuthServerConfig(worldWith('{ file: /run/s }', false), sources({}, { '/run/s': `${long}\n` })).clients[0]?.auth
        .secret,
    ).toBe(long);
  });

  test.each([
    ['{ env: SECRET }', {}, 'authserver.clients[0].auth.secret: the environment variable SECRET is not set.'],
    ['{ env: SECRET }', { SECRET: '' }, 'authserver.clients[0].auth.secret: is empty.'],
    [
      '{ env: SECRET }',
      { SECRET: 'agent-sample-secret' },
      'authserver.clients[0].auth.secret: must be at least 32 random characters; "openssl rand -hex 32" makes one.',
    ],
    [
      '{ env: SECRET }',
      { SECRET: `${long}/+` },
      'authserver.clients[0].auth.secret: may hold letters, digits, "-" and "_" only, so that every client sends the same text.',
    ],
    ['{ file: /run/s }', {}, 'authserver.clients[0].auth.secret: the file /run/s cannot be read.'],
  ])('%s with %j is a sentence', (secret, env, sentence) => {
    expect(() => toAuthServerConfig(worldWith(secret, false), sources(env as Record<string, string>))).toThrow(
      sentence,
    );
  });

  test('is read when its server is configured, not when the file is loaded', () => {
    const lateWorld = worldWith('{ env: SECRET }', false);
    expect(secretReader(lateWorld, sources({ SECRET: long }))('authserver', 'clients', 0, 'auth', 'secret')).toBe(long);
  });
});
