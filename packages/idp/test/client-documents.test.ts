import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { profiles } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, expect } from 'vitest';
import { type IdpConfig, setClientAppState } from '../src/index.ts';
import { actor, decode, type IdpWorld, issuer, policy, startIdpWorld } from './idp-world.ts';

const key = generateSigningKey('ES256', 'k1');
const second = generateSigningKey('ES256', 'k2');
let url = '';
let document: object = {};
let fetches = 0;
const host = createServer((_request, response) => {
  fetches += 1;
  response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
});
let serial = 0;
let world: IdpWorld;

const sound = () => ({
  client_id: url,
  client_name: 'Agent of a document',
  redirect_uris: ['http://127.0.0.1:9/cb'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key.publicJwk] },
});

/** The policy with one app that is registered by its URL alone, and a connection without a mapping. */
function policyOf(part: object = {}): NonNullable<IdpConfig['policy']> {
  return {
    ...policy,
    clientApps: [{ id: url, name: 'By URL', redirectUris: [], ...part }],
    connections: [{ client: url, resourceApp: 'chat', scopes: ['chat.read'], state: 'approved' }],
    rules: [{ id: 'engineers', effect: 'allow', groups: ['engineering'] }],
  };
}

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/client.json`;
  document = sound();
  world = await startIdpWorld({ policy: policyOf(), config: { clientMetadataDocuments: true } });
});
afterAll(async () => {
  host.close();
  await world.close();
});

async function exchange(signer = key, over: Record<string, string | undefined> = {}) {
  serial += 1;
  const { nowSeconds: now } = world;
  const claims = { iss: url, sub: url, aud: issuer, jti: `d-${serial}`, iat: now, exp: now + 60 };
  return world.exchange({
    client_id: undefined,
    client_secret: undefined,
    client_assertion_type: profiles.clientAssertionType,
    client_assertion: signJws(signer, undefined, claims),
    subject_token: await world.idToken({ client: url }),
    ...over,
  });
}

verifies(
  ['CID-03', 'CID-01'],
  'an app registered by the URL of its document has that URL as its id at the resource too',
  async () => {
    const answer = await exchange();
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(decode(answer.body.access_token).payload.client_id).toBe(url);
    const before = fetches;
    expect((await exchange()).status).toBe(200);
    expect(fetches).toBe(before);
  },
);

verifies(['CID-08', 'LES-28'], 'nothing proves the app but its key', async () => {
  expect((await exchange(second)).status).toBe(401);
  const bare = { client_assertion: undefined, client_assertion_type: undefined, client_id: url };
  expect((await exchange(key, bare)).status).toBe(401);
  expect((await exchange(key, { ...bare, client_secret: 'x' })).status).toBe(401);
});

verifies(
  ['CID-05', 'CID-10'],
  'the app signs people on with the addresses of its document, and an unregistered URL is no app',
  async () => {
    const authorize = async (clientId: string, redirectUri: string): Promise<Response> => {
      const query = new URLSearchParams({
        client_id: clientId,
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: 'openid',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      });
      return fetch(`${world.idp.url}/authorize?${query}`, { redirect: 'manual' });
    };
    expect((await authorize(url, 'http://127.0.0.1:9/cb')).headers.get('location')).toContain('/sign-on/');
    expect((await authorize(url, 'https://evil.example/cb')).status).toBe(400);
    const before = fetches;
    expect((await authorize(url.replace('client', 'stranger'), 'http://127.0.0.1:9/cb')).status).toBe(400);
    expect(fetches).toBe(before);
  },
);

verifies(
  ['CID-09', 'ATK-58'],
  'keys swapped in the document stand in the audit, and the removed one opens nothing',
  async () => {
    document = { ...sound(), jwks: { keys: [second.publicJwk] } };
    world.clock.nowMs += 60_000;
    expect((await exchange(key)).status).toBe(401);
    expect((await exchange(second)).status).toBe(200);
    const rows = await world.idp.database.kysely
      .selectFrom('audit_rows')
      .select(['client', 'facts'])
      .where('code', '=', 'client-metadata/keys-changed')
      .execute();
    expect(rows.map(({ client, facts }) => [client, JSON.parse(facts ?? '{}')])).toEqual([
      [url, { added: ['k2'], removed: ['k1'] }],
    ]);
    document = sound();
    world.clock.nowMs += 60_000;
  },
);

verifies('LES-17', 'a document that would redirect to a script or in the clear makes no client', async () => {
  for (const redirect of ['javascript:alert(1)', 'http://evil.example/cb']) {
    document = { ...sound(), redirect_uris: ['http://127.0.0.1:9/cb', redirect] };
    world.clock.nowMs += 60_000;
    expect((await exchange()).status, redirect).toBe(401);
  }
  document = sound();
  world.clock.nowMs += 60_000;
  expect((await exchange()).status).toBe(200);
});

verifies(
  ['LES-44', 'LES-20'],
  'a block beats the document, which is not even read; and the document states no rights',
  async () => {
    document = { ...sound(), state: 'active', tags: ['trusted'], connections: ['wiki'] };
    world.clock.nowMs += 60_000;
    expect(
      await exchange(key, { audience: 'https://wiki.example', resource: undefined, scope: undefined }),
    ).toMatchObject({
      body: { error: 'invalid_target' },
    });
    const { database, tenantId } = world.idp;
    await setClientAppState(database, tenantId, url, 'blocked', actor);
    const before = fetches;
    world.clock.nowMs += 60_000;
    expect((await exchange()).status).toBe(401);
    expect(fetches).toBe(before);
    await setClientAppState(database, tenantId, url, 'active', actor);
  },
);

verifies(
  'CID-12',
  'documents are announced where they are taken, and elsewhere an app by URL does not start',
  async () => {
    const metadata = async (at: IdpWorld) =>
      (await (await fetch(`${at.idp.url}/.well-known/oauth-authorization-server`)).json()) as object;
    expect(await metadata(world)).toMatchObject({ client_id_metadata_document_supported: true });
    const off = await startIdpWorld();
    expect(await metadata(off)).not.toHaveProperty('client_id_metadata_document_supported');
    await off.close();
    await expect(startIdpWorld({ policy: policyOf() })).rejects.toThrow('not switched on');
  },
);

verifies(
  ['CID-01', 'CID-04', 'CID-08'],
  'an entry for an app with a document says nothing that the document says, and no other app goes without a mapping',
  async () => {
    const config = { clientMetadataDocuments: true };
    const secret = { auth: { methods: ['client_secret_post'], secret: 'x'.repeat(32) } };
    for (const part of [{ redirectUris: ['http://127.0.0.1:9/cb'] }, secret])
      await expect(startIdpWorld({ policy: policyOf(part), config })).rejects.toThrow('describes itself');
    await expect(
      startIdpWorld({
        policy: { ...policyOf(), clientApps: [{ ...policyOf().clientApps?.[0], id: 'https://a.example/c?' } as never] },
        config,
      }),
    ).rejects.toThrow('query');
    const unmapped = policy.connections?.map(({ resourceClientId: _id, ...rest }) => rest);
    await expect(startIdpWorld({ policy: { connections: unmapped } })).rejects.toThrow(
      'must name the id of the client',
    );
  },
);
