import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuditEntry } from '@crossgrant/platform';
import { grantTypes, type PlainResponse, profiles } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type AuthorizationServerOptions, createAuthorizationServer } from '../src/index.ts';
import { createMemoryResourceStore } from '../src/store/memory.ts';
import { expectRefused } from './expect-refusal.ts';
import { formRequest, idJag, idp, mcpResource, nowSeconds, self, vectors } from './support.ts';

const key = generateSigningKey('ES256', 'k1');
const other = generateSigningKey('ES256', 'k2');

/** A server that takes clients of documents, and the host of one such client. */
async function start(options: {
  clients?: AuthorizationServerOptions['clients'] | ((url: string) => AuthorizationServerOptions['clients']);
  documents?: AuthorizationServerOptions['clientMetadataDocuments'];
  vouches?: AuthorizationServerOptions['trustedIssuers'][number]['clients'];
}) {
  let fetches = 0;
  let document: object = {};
  const host = createServer((_request, response) => {
    fetches += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void host.close());
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/client.json`;
  const sound = {
    client_id: url,
    client_name: 'Agent',
    redirect_uris: ['https://agent.example/cb'],
    grant_types: [grantTypes.jwtBearer],
    token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
    jwks: { keys: [key.publicJwk] },
  };
  document = sound;
  const audit: AuditEntry[] = [];
  let now = nowSeconds;
  const clock = (): number => now * 1_000;
  const { clients = [], documents } = options;
  const server = await createAuthorizationServer({
    issuer: self,
    store: createMemoryResourceStore({ clock, onAudit: (entry) => audit.push(entry) }),
    trustedIssuers: [
      {
        issuer: idp,
        keys: { jwks: vectors.jwks.idp },
        clients: options.vouches ?? 'any',
        linking: 'jit',
        lifetimeCapSeconds: 600,
      },
    ],
    clients: typeof clients === 'function' ? clients(url) : clients,
    resources: [{ identifier: mcpResource, scopes: vectors.config.supported_scopes }],
    clientMetadataDocuments: documents,
    development: true,
    clock,
  });
  onTestFinished(() => server.close());
  let serial = 0;
  const proofBy = (signer: typeof key) => {
    serial += 1;
    const claims = { iss: url, sub: url, aud: self, jti: `ca-${serial}`, iat: now, exp: now + 60 };
    const client_assertion = signJws(signer, 'client-authentication+jwt', claims);
    return { client_assertion_type: profiles.clientAssertionType, client_assertion };
  };
  return {
    url,
    audit,
    server,
    fetches: () => fetches,
    pass: (seconds: number) => {
      now += seconds;
    },
    serve: (changes: object) => {
      document = { ...sound, ...changes };
    },
    redeem: (signer = key, form: Record<string, string | undefined> = {}): Promise<PlainResponse> =>
      server.token(
        formRequest('/token', {
          grant_type: grantTypes.jwtBearer,
          assertion: idJag({ client_id: url, iat: now, exp: now + 290 }),
          ...proofBy(signer),
          ...form,
        }),
      ),
  };
}

const registered = (url: string) => [{ id: url, auth: {} }];
const ok = (response: PlainResponse): void => expect(response.status, response.body).toBe(200);

verifies(
  ['CID-03', 'CID-08', 'DEL-08'],
  'a registered client of a document proves itself with its key, and not without',
  async () => {
    const world = await start({ clients: registered, documents: {} });
    ok(await world.redeem());
    ok(await world.redeem());
    expect(world.fetches()).toBe(1);
    expectRefused(await world.redeem(other), 'client/assertion-signature');
    const publicly = { client_assertion: undefined, client_assertion_type: undefined, client_id: world.url };
    expectRefused(await world.redeem(key, publicly), 'client/method');
    expectRefused(await world.redeem(key, { ...publicly, client_secret: 'x' }), 'client/method');
  },
);

verifies('CID-10', 'an approved domain needs no entry for each client, and no other domain is asked', async () => {
  const world = await start({ documents: { domains: ['127.0.0.1'] } });
  ok(await world.redeem());
  const elsewhere = await start({ documents: { domains: ['agent.example', '*.example', '*.127.0.0.1'] } });
  expectRefused(await elsewhere.redeem(), 'client/not-approved');
  expect(elsewhere.fetches()).toBe(0);
});

verifies(
  'CID-10',
  'any client the IdP vouches for is welcome where that was chosen, and is asked for nothing before',
  async () => {
    const world = await start({ documents: {}, vouches: 'vouched' });
    const forged = `${idJag({ client_id: world.url })}`.replace(/[^.]+$/, idJag().split('.')[2] ?? '');
    expectRefused(await world.redeem(key, { assertion: forged }), 'client/not-approved');
    expectRefused(
      await world.redeem(key, { assertion: idJag({ client_id: 'https://other.example/c' }) }),
      'client/not-approved',
    );
    expectRefused(
      await world.redeem(key, { assertion: idJag({ client_id: world.url }, { key: 'idp2' }) }),
      'client/not-approved',
    );
    expectRefused(await world.redeem(key, { assertion: 'junk' }), 'client/not-approved');
    expect(world.fetches()).toBe(0);
    ok(await world.redeem());
    expectRefused(await (await start({ documents: {}, vouches: 'any' })).redeem(), 'client/not-approved');
  },
);

verifies('CID-08', 'a client that nobody registered uses the grants of its document and no others', async () => {
  const world = await start({ documents: { domains: ['127.0.0.1'] } });
  world.serve({ grant_types: ['authorization_code'] });
  expectRefused(await world.redeem(), 'client/grant-not-registered');
});

verifies(['LES-44', 'LES-20'], 'a block beats the document, and the document states no rights', async () => {
  const blocked = await start({
    clients: (url) => [{ id: url, auth: {}, state: 'blocked' }],
    documents: { domains: ['127.0.0.1'] },
  });
  blocked.serve({ state: 'active', tags: ['trusted'] });
  expectRefused(await blocked.redeem(), 'client/blocked');
  expect(blocked.fetches()).toBe(0);
  const narrow = await start({ clients: (url) => [{ id: url, auth: {}, scopes: ['chat.read'] }], documents: {} });
  narrow.serve({ scope: 'chat.history', scopes: ['chat.history'] });
  const response = await narrow.redeem();
  ok(response);
  expect(JSON.parse(response.body)).toMatchObject({ scope: 'chat.read' });
});

verifies(
  ['CID-09', 'ATK-58'],
  'keys swapped in a document are told of, and the removed one opens nothing',
  async () => {
    const world = await start({ clients: registered, documents: {} });
    ok(await world.redeem());
    world.serve({ jwks: { keys: [other.publicJwk] } });
    world.pass(60);
    expectRefused(await world.redeem(key), 'client/assertion-signature');
    ok(await world.redeem(other));
    expect(world.audit.filter(({ kind }) => kind === 'change')).toMatchObject([
      { code: 'client-metadata/keys-changed', client: world.url, facts: { added: ['k2'], removed: ['k1'] } },
    ]);
  },
);

verifies(['CID-05', 'CID-06', 'CID-07'], 'a document that is none is refused, and asked for again', async () => {
  const world = await start({ clients: registered, documents: {} });
  world.serve({ client_id: 'https://other.example/c' });
  expectRefused(await world.redeem(), 'client/metadata');
  world.serve({});
  ok(await world.redeem());
});

verifies('CID-12', 'documents are announced where they are taken, and nowhere else', async () => {
  const on = await start({ documents: {} });
  expect(on.server.metadata().client_id_metadata_document_supported).toBe(true);
  const off = await start({});
  expect(off.server.metadata()).not.toHaveProperty('client_id_metadata_document_supported');
  expectRefused(await off.redeem(), 'client/unknown');
  expectRefused(await (await start({ clients: registered })).redeem(), 'client/unknown');
});

test('an entry for a client of a document says nothing that the document says', async () => {
  for (const auth of [{ secret: 'a-secret' }, { keys: { jwks: {} } }, { methods: ['client_secret_post'] as const }])
    await expect(start({ clients: (url) => [{ id: url, auth }], documents: {} })).rejects.toThrow('describes itself');
  await expect(start({ clients: [{ id: 'https://agent.example/c?', auth: {} }], documents: {} })).rejects.toThrow(
    'query',
  );
  await expect(start({ documents: { domains: ['https://agent.example'] } })).rejects.toThrow('no host name');
});
