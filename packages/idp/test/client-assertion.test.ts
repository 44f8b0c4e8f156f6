import { profiles, typs } from '@crossgrant/protocol';
import { importSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import vectors from '../../../spec/vectors.json' with { type: 'json' };
import { setClientAppState } from '../src/index.ts';
import { actor, type IdpWorld, issuer, policy, ras, startIdpWorld } from './idp-world.ts';

const key = importSigningKey(vectors.private_keys.client);
const clientId = 'agent-at-acme';
let serial = 0;

const signer = {
  id: clientId,
  name: 'Agent that signs',
  redirectUris: ['http://127.0.0.1:9/cb'],
  auth: { methods: ['private_key_jwt'] as const, keys: { jwks: vectors.jwks.client } },
};
const connection = { resourceApp: 'chat', resourceClientId: 'agent-at-chat', scopes: ['chat.read'], state: 'approved' };
const connections = [clientId, 'legacy', 'former'].map((client) => ({ ...connection, client }) as never);
const legacy = { ...signer, id: 'legacy', auth: { ...signer.auth, tokenEndpointAudience: true } };
/** Had a secret once, signs now. */
const former = { ...signer, id: 'former', auth: { ...signer.auth, secret: 'former-secret-0123456789abcdef' } };

const worldPolicy = {
  ...policy,
  clientApps: [signer, legacy, former],
  connections,
  rules: [policy.rules?.[0] as never],
};

let world: IdpWorld;
beforeAll(async () => {
  world = await startIdpWorld({ policy: worldPolicy });
});
afterAll(() => world.close());

function assertion(claims: Record<string, unknown> = {}): string {
  serial += 1;
  const { nowSeconds: now } = world;
  const sound = { iss: clientId, sub: clientId, aud: issuer, jti: `t-${serial}`, iat: now, exp: now + 60 };
  return signJws(key, typs.clientAssertion, { ...sound, ...claims });
}

async function exchangeWith(
  clientAssertion: string,
  over: Record<string, string | undefined> = {},
  { client = clientId, at }: { client?: string; at?: IdpWorld['idp'] } = {},
) {
  const subject = 'subject_token' in over ? {} : { subject_token: await world.idToken({ client }) };
  const form = { client_id: undefined, client_secret: undefined, ...subject, ...over };
  const proof = { client_assertion_type: profiles.clientAssertionType, client_assertion: clientAssertion };
  return world.exchange({ ...proof, ...form }, { at });
}

const failed = { status: 401, body: { error: 'invalid_client' } };

verifies(['CAU-01', 'CAU-03', 'TEX-03'], 'an assertion proves the client, once, at every replica', async () => {
  const replica = await world.replica();
  const once = assertion();
  const answer = await exchangeWith(once);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  for (const at of [world.idp, replica]) {
    const again = await exchangeWith(once, {}, { at });
    expect(again).toMatchObject(failed);
    expect(await world.audit(again.id)).toMatchObject({ code: 'client/assertion-replayed', client: clientId });
  }
});

verifies('CAU-03', 'parallel uses of one assertion at two replicas give one ID-JAG', async () => {
  const replica = await world.replica();
  const once = assertion();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => exchangeWith(once, {}, { at: index % 2 === 0 ? replica : world.idp })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(7);
});

verifies('CAU-03', 'a refused exchange has used the assertion up', async () => {
  const once = assertion();
  expect(await exchangeWith(once, { audience: 'https://unknown.example' })).toMatchObject({
    status: 400,
    body: { error: 'invalid_target' },
  });
  expect(await exchangeWith(once)).toMatchObject(failed);
});

verifies('CAU-03', 'the endpoints of sign-on and the exchange remember one and the same', async () => {
  const once = assertion();
  const refresh = async (): Promise<number> => {
    const response = await fetch(`${world.idp.url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: 'unknown',
        client_assertion_type: profiles.clientAssertionType,
        client_assertion: once,
      }),
    });
    return response.status;
  };
  expect(await refresh()).toBe(400);
  expect(await refresh()).toBe(401);
  expect(await exchangeWith(once)).toMatchObject(failed);

  const other = assertion();
  expect((await exchangeWith(other)).status).toBe(200);
  const response = await fetch(`${world.idp.url}/revoke`, {
    method: 'POST',
    body: new URLSearchParams({
      token: 'unknown',
      client_assertion_type: profiles.clientAssertionType,
      client_assertion: other,
    }),
  });
  expect(response.status).toBe(401);
});

verifies(['CAU-02', 'ATK-56'], 'an assertion counts at the issuer it names and nowhere else', async () => {
  for (const aud of [`${issuer}/token`, `${issuer}/`, [issuer, ras], ras, undefined])
    expect(await exchangeWith(assertion({ aud }))).toMatchObject(failed);
  expect((await exchangeWith(assertion({ aud: [issuer] }))).status).toBe(200);

  const ofLegacy = { iss: 'legacy', sub: 'legacy' };
  const present = (claims: object) => exchangeWith(assertion({ ...ofLegacy, ...claims }), {}, { client: 'legacy' });
  expect((await present({ aud: `${issuer}/token` })).status).toBe(200);
  expect((await present({})).status).toBe(200);
  expect(await present({ aud: [`${issuer}/token`, issuer] })).toMatchObject(failed);
});

verifies(
  ['LES-28', 'CAU-08', 'TEX-03'],
  'an old secret is no way round the key, and one client does not sign for another',
  async () => {
    const secret = { client_id: 'former', client_secret: 'former-secret-0123456789abcdef' };
    expect(await world.exchange(secret)).toMatchObject(failed);
    expect(await exchangeWith('junk', secret)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(await exchangeWith(assertion(), { client_id: 'legacy' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
    expect(await world.exchange({ client_id: clientId, client_secret: undefined })).toMatchObject(failed);
  },
);

verifies('LES-20', 'a blocked client is refused with its sound assertion', async () => {
  const { database, tenantId } = world.idp;
  await setClientAppState(database, tenantId, clientId, 'blocked', actor);
  expect(await exchangeWith(assertion())).toMatchObject(failed);
  await setClientAppState(database, tenantId, clientId, 'active', actor);
  expect((await exchangeWith(assertion())).status).toBe(200);
});

describe('signed client assertions', () => {
  const acme = vectors.config.idp_issuer;
  let published: IdpWorld;
  beforeAll(async () => {
    published = await startIdpWorld({ policy: worldPolicy, config: { issuer: acme } });
  });
  afterAll(() => published.close());

  for (const [name, status] of [
    ['ok.at-idp', 200],
    ['ok.at-ras', 401],
    ['bad.aud-two', 401],
  ] as const) {
    verifies(['CAU-01', 'ATK-56'], `${name} → ${status}`, async () => {
      const answer = await published.exchange({
        client_id: undefined,
        client_secret: undefined,
        client_assertion_type: profiles.clientAssertionType,
        client_assertion: vectors.client_assertions[name],
        subject_token: await published.idToken({ client: clientId, claims: { iss: acme } }),
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    });
  }
});
