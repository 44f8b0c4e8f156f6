import { formatBasic, grantTypes } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import {
  type AuthorizationServerOptions,
  createAuthorizationServer,
  macVerifier,
  secretVerifier,
  type TrustedIssuerSettings,
} from '../src/index.ts';
import { createMemoryResourceStore } from '../src/store/memory.ts';
import { bodyOf, clientId, formRequest, idJag, idp, idp2, mcpResource, nowSeconds, self, vectors } from './support.ts';

const trusted: TrustedIssuerSettings = {
  issuer: idp,
  keys: { jwks: vectors.jwks.idp },
  clients: [clientId],
  linking: 'jit',
  defaultResource: mcpResource,
};

function options(part: Partial<AuthorizationServerOptions> = {}): AuthorizationServerOptions {
  const clock = (): number => nowSeconds * 1000;
  return {
    issuer: self,
    store: createMemoryResourceStore({ clock }),
    trustedIssuers: [trusted],
    clients: [{ id: clientId, auth: { secret: 'agent-secret' } }],
    resources: [{ identifier: mcpResource, scopes: ['chat.read', 'chat.history'] }],
    clock,
    ...part,
  };
}

async function misuseOf(part: Partial<AuthorizationServerOptions>): Promise<unknown> {
  const outcome = await createAuthorizationServer(options(part)).then(
    () => 'started',
    (error: unknown) => error,
  );
  return outcome instanceof Error && 'code' in outcome ? outcome.code : outcome;
}

const issuers = (...part: Partial<TrustedIssuerSettings>[]): Partial<AuthorizationServerOptions> => ({
  trustedIssuers: part.map((one) => ({ ...trusted, ...one })),
});

test('a server whose trust is code redeems and publishes in one call', async () => {
  const server = await createAuthorizationServer(options());
  const request = formRequest('/token', { grant_type: grantTypes.jwtBearer, assertion: idJag() }, [
    ['authorization', formatBasic(clientId, 'agent-secret')],
  ]);
  expect(bodyOf(await server.token(request))).toMatchObject({ token_type: 'Bearer', resource: mcpResource });
  expect(server.jwks().keys).toHaveLength(1);
  await server.close();
});

test('a change in the store is in the directory before the next decision', async () => {
  const store = createMemoryResourceStore();
  const server = await createAuthorizationServer(options({ store }));
  await store.declareAccount({ customerId: 'default', accountId: 'acc', at: 0 });
  await new Promise((resolve) => setImmediate(resolve));
  expect(server.directory().epoch).toBe(await store.readEpoch());
});

verifies('LES-37', 'two issuers with one key address need tenant pins', async () => {
  const shared = { keys: { jwksUri: 'https://keys.example/jwks' } };
  expect(await misuseOf(issuers(shared, { ...shared, issuer: idp2 }))).toBe('trusted-issuer/shared-keys');
  expect(await misuseOf(issuers({ ...shared, tenant: { pin: 'a' } }, { ...shared, issuer: idp2 }))).toBe(
    'trusted-issuer/shared-keys',
  );
  expect(
    await misuseOf(
      issuers({ ...shared, tenant: { pin: 'a' } }, { ...shared, issuer: idp2, tenant: { map: { b: 'default' } } }),
    ),
  ).toBe('started');
});

verifies('LES-37', 'one key address in two spellings is one address', async () => {
  const address = (jwksUri: string): Partial<TrustedIssuerSettings> => ({ keys: { jwksUri } });
  const one = address('https://keys.example/a/jwks?x=%7e');
  for (const other of [
    'https://KEYS.example:443/a/jwks?x=~',
    'HTTPS://keys.example/a/./jwks?x=%7E',
    'https://keys.example/b/../a/jwks?x=%7e#key',
    'https://keys.example./a/jwks?x=~',
  ])
    expect([other, await misuseOf(issuers(one, { ...address(other), issuer: idp2 }))]).toEqual([
      other,
      'trusted-issuer/shared-keys',
    ]);
  expect(await misuseOf(issuers(one, { ...address('https://keys.example/b/jwks'), issuer: idp2 }))).toBe('started');
  expect(await misuseOf(issuers({ keys: { jwksUri: 'keys' } }))).toBe('trusted-issuer/invalid');
});

verifies('LES-37', 'two issuers with one pinned key need tenant pins, also when their sets differ', async () => {
  const both = { keys: [...(vectors.jwks.idp.keys as object[]), ...(vectors.jwks.idp2.keys as object[])] };
  expect(await misuseOf(issuers({}, { issuer: idp2, keys: { jwks: both } }))).toBe('trusted-issuer/shared-keys');
  expect(await misuseOf(issuers({}, { issuer: idp2, keys: { jwks: vectors.jwks.idp2 } }))).toBe('started');
});

verifies('SUB-01', 'an issuer that cannot resolve its people or its clients is refused at the start', async () => {
  expect(await misuseOf(issuers({ linking: undefined as never }))).toBe('trusted-issuer/invalid');
  expect(await misuseOf(issuers({ clients: [] }))).toBe('trusted-issuer/no-client');
  expect(await misuseOf(issuers({ clients: ['nobody'] }))).toBe('trusted-issuer/unknown-client');
  expect(await misuseOf(issuers({ customer: 'nobody' }))).toBe('trusted-issuer/unknown-customer');
  expect(await misuseOf(issuers({ linking: { email: true } }))).toBe('trusted-issuer/invalid');
});

verifies(['LES-35', 'ATK-45'], 'a tolerance that is no number, or too large, is refused at the start', async () => {
  for (const skewSeconds of [Number.NaN, -1, 61, 1.5, Number.POSITIVE_INFINITY])
    expect(await misuseOf(issuers({ skewSeconds }))).toBe('trusted-issuer/invalid');
  for (const lifetimeCapSeconds of [Number.NaN, 0, 3_601])
    expect(await misuseOf(issuers({ lifetimeCapSeconds }))).toBe('trusted-issuer/invalid');
});

verifies('SUB-05', 'a tenant map and a list of further customers do not go together', async () => {
  expect(await misuseOf(issuers({ tenant: { map: { t: 'default' } }, audTenants: ['default'] }))).toBe(
    'trusted-issuer/audience-tenants',
  );
});

verifies('RED-29', 'an access token may not be configured to live longer than 15 minutes', async () => {
  for (const accessTokenSeconds of [0, 901, 0.5])
    expect(await misuseOf({ resources: [{ identifier: mcpResource, scopes: ['a'], accessTokenSeconds }] })).toBe(
      'resource/lifetime',
    );
});

verifies('RED-16', 'two spellings of one resource are not two resources', async () => {
  const resource = { identifier: 'https://mcp.example', scopes: ['a'] };
  for (const identifier of ['https://mcp.example', 'https://mcp.example/', 'https://MCP.example:443'])
    expect(await misuseOf({ resources: [resource, { ...resource, identifier }], trustedIssuers: [] })).toBe(
      'resource/twin',
    );
});

test('every other mistake in the settings has its own code', async () => {
  expect(await misuseOf(issuers({}, {}))).toBe('trusted-issuer/twin');
  expect(await misuseOf(issuers({ issuer: self }))).toBe('trusted-issuer/self');
  expect(await misuseOf(issuers({ issuer: 'http://idp.example' }))).toBe('trusted-issuer/invalid');
  expect(await misuseOf(issuers({ algorithms: ['HS256'] }))).toBe('trusted-issuer/invalid');
  expect(await misuseOf(issuers({ keys: { jwks: { keys: [] } } }))).toBe('trusted-issuer/invalid');
  expect(await misuseOf(issuers({ defaultResource: 'https://other.example' }))).toBe('trusted-issuer/unknown-resource');
  expect(await misuseOf(issuers({ defaultScopes: ['a b'] }))).toBe('trusted-issuer/scope');
  expect(await misuseOf({ clients: [{ id: 'my client', auth: { secret: 'x' } }] })).toBe('client/id');
  expect(await misuseOf({ clients: [{ id: clientId, auth: { secret: 'a:b' } }] })).toBe('client/secret');
  expect(await misuseOf({ resources: [{ identifier: 'mcp', scopes: [] }] })).toBe('resource/identifier');
  expect(await misuseOf({ resources: [{ identifier: mcpResource, scopes: ['a b'] }] })).toBe('resource/scope');
});

verifies(['CID-04', 'CID-08'], 'a client with a document is named by the URL of one, and by nothing else', async () => {
  const about = async (id: string, auth = {}) => misuseOf({ clients: [{ id, auth }], clientMetadataDocuments: {} });
  for (const id of ['https://client.example', 'https://client.example/c.json?x', 'https://client.example/c.json#x'])
    expect(await about(id), id).toBe('client/document');
  const id = 'https://client.example/c.json';
  expect(await about(id, { secret: 'x' })).toBe('client/document');
  expect(await about(id)).not.toBe('client/document');
});

verifies('CAU-06', 'secrets are compared as a whole, and during a rotation two are live', () => {
  const one = secretVerifier('agent-secret');
  expect([one('agent-secret'), one('agent-secre'), one('agent-secret '), one('')]).toEqual([true, false, false, false]);
  const two = macVerifier(['mac of a', 'mac of b'], (secret) => `mac of ${secret}`);
  expect(['a', 'b', 'c', ''].map(two)).toEqual([true, true, false, false]);
});

verifies('MET-05', 'an issuer that is not https, or has a query or a fragment, is refused at the start', async () => {
  for (const issuer of ['http://as.example', 'https://as.example?x', 'https://as.example#x', 'as.example']) {
    expect(await misuseOf({ issuer })).toBe('server/issuer');
  }
});
