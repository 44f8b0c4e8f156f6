import { createDpopNonces, secretBoxFromKey } from '@crossgrant/platform';
import { formatBasic, grantTypes, type PlainResponse } from '@crossgrant/protocol';
import { generateSigningKey, type SigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { expectRefusal, expectRefused, redeemed } from './expect-refusal.ts';
import {
  bodyOf,
  chatClient,
  createWorld,
  formRequest,
  governed,
  idJag,
  mcpResource,
  nowSeconds,
  otherResource,
  payloadOf,
  self,
  tokenRequest,
  type World,
} from './support.ts';

const key = generateSigningKey('ES256');
const other = generateSigningKey('EdDSA');
let serial = 0;

function proof(claims: Record<string, unknown> = {}, signer: SigningKey = key): string {
  serial += 1;
  const payload = { jti: `p-${serial}`, htm: 'POST', htu: `${self}/token`, iat: nowSeconds, ...claims };
  return signJws(signer, 'dpop+jwt', payload, { jwk: signer.publicJwk });
}

const withProof = (text = proof()): { headers: [string, string][] } => ({ headers: [['dpop', text]] });
const bound = (claims: Record<string, unknown> = {}): string => idJag({ cnf: { jkt: key.kid }, ...claims });

function redeem(world: World, assertion: string, options?: Parameters<typeof tokenRequest>[1]): Promise<PlainResponse> {
  return world.server.token(tokenRequest(assertion, options));
}

async function describedBy(world: World, token: unknown): Promise<Record<string, unknown>> {
  const authorization = formatBasic(mcpResource, 'rs-mcp.chat.example');
  return bodyOf(
    await world.server.introspect(
      formRequest('/introspect', { token: String(token) }, [['authorization', authorization]]),
    ),
  );
}

verifies(
  ['DPO-03', 'DPO-09', 'RED-15', 'RED-30', 'LES-32'],
  'a bound grant with its proof gives a token bound to the same key',
  async () => {
    for (const cnf of [{ jkt: key.kid }, { jwk: key.publicJwk }]) {
      const world = createWorld();
      const body = await redeemed(world, idJag({ cnf }), withProof());
      expect(body.token_type).toBe('DPoP');
      expect(payloadOf(body.access_token).cnf).toEqual({ jkt: key.kid });
      expect(await describedBy(world, body.access_token)).toMatchObject({
        active: true,
        token_type: 'DPoP',
        cnf: { jkt: key.kid },
      });
      expect(world.audit.at(-1)?.facts).toMatchObject({ provenKey: key.kid });
    }
  },
);

verifies(['DPO-05', 'DPO-09'], 'a proof beside an unbound grant binds the token', async () => {
  const world = createWorld();
  const body = await redeemed(world, idJag(), withProof());
  expect(body.token_type).toBe('DPoP');
  expect(payloadOf(body.access_token).cnf).toEqual({ jkt: key.kid });
});

test('without cnf and proof the token is a bearer token, and says nothing of a key', async () => {
  const world = createWorld();
  const body = await redeemed(world, idJag());
  expect(body.token_type).toBe('Bearer');
  expect(payloadOf(body.access_token)).not.toHaveProperty('cnf');
  expect(await describedBy(world, body.access_token)).not.toHaveProperty('cnf');
});

verifies(['DPO-04', 'RED-15', 'ATK-33', 'LES-32'], 'a bound grant without a proof is refused', async () => {
  await expectRefusal(createWorld(), bound(), 'assertion/proof-missing');
  await expectRefusal(createWorld(), idJag({ cnf: { jwk: key.publicJwk } }), 'assertion/proof-missing');
});

verifies(
  ['DPO-03', 'RED-15', 'ATK-33', 'ATK-35', 'LES-32'],
  'a bound grant with the proof of another key is refused',
  async () => {
    await expectRefusal(createWorld(), bound(), 'assertion/proof-key', withProof(proof({}, other)));
    await expectRefusal(createWorld(), idJag({ cnf: { jwk: other.publicJwk } }), 'assertion/proof-key', withProof());
  },
);

verifies(
  ['DPO-08', 'RED-15', 'ATK-33'],
  'a cnf that is not understood is refused, with and without a proof',
  async () => {
    const shapes = [
      {},
      null,
      'jkt',
      [],
      { jkt: 'x' },
      { 'x5t#S256': 'x' },
      { jkt: key.kid, kid: 'x' },
      { jwk: { kty: 'oct', k: 'AA' } },
    ];
    for (const cnf of shapes) {
      await expectRefusal(createWorld(), idJag({ cnf }), 'assertion/confirmation-unsupported');
      await expectRefusal(createWorld(), idJag({ cnf }), 'assertion/confirmation-unsupported', withProof());
    }
  },
);

verifies(
  ['DPO-03', 'DPO-05', 'ATK-35'],
  'a proof that does not hold is refused, whether the grant is bound or not',
  async () => {
    const bad: readonly (readonly [Parameters<typeof expectRefusal>[2], string])[] = [
      ['dpop/malformed', ''],
      ['dpop/malformed', 'x'],
      ['dpop/target', proof({ htu: 'https://acme.idp.example/token' })],
      ['dpop/target', proof({ htu: `${self}/token/` })],
      ['dpop/target', proof({ htu: `${self}/introspect` })],
      ['dpop/target', proof({ htm: 'GET' })],
      ['dpop/time', proof({ iat: nowSeconds - 61 })],
      ['dpop/time', proof({ iat: nowSeconds + 61 })],
      ['dpop/claims', proof({ jti: '' })],
    ];
    for (const [code, text] of bad) {
      await expectRefusal(createWorld(), bound(), code, withProof(text));
      await expectRefusal(createWorld(), idJag(), code, withProof(text));
    }
    const twice: [string, string][] = [
      ['dpop', proof()],
      ['dpop', proof()],
    ];
    await expectRefusal(createWorld(), bound(), 'dpop/malformed', { headers: twice });
  },
);

verifies(
  ['DPO-03', 'DPO-05', 'ATK-35'],
  'a proof counts once, and what it was refused with stays redeemable with another',
  async () => {
    const world = createWorld();
    const text = proof();
    await redeemed(world, bound(), withProof(text));
    const second = bound();
    await expectRefusal(world, second, 'dpop/replayed', withProof(text));
    await redeemed(world, second, withProof());

    const spent = proof();
    await expectRefusal(world, bound(), 'assertion/scope-empty', { ...withProof(spent), form: { scope: 'nothing' } });
    await expectRefusal(world, bound(), 'dpop/replayed', withProof(spent));
  },
);

verifies(
  ['DPO-03', 'ATK-35', 'RED-26'],
  'of parallel redemptions with one proof one gets a token; a grant redeemed twice is told as such',
  async () => {
    const world = createWorld();
    const text = proof();
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(world, bound(), withProof(text))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);

    const assertion = bound();
    await redeemed(world, assertion, withProof());
    await expectRefusal(world, assertion, 'assertion/replayed', withProof());
  },
);

verifies(
  ['DPO-06', 'ATK-34', 'LES-32'],
  'a resource that demands bound tokens gives no other, and no other counts there',
  async () => {
    const world = createWorld({ resource: { dpopRequired: true } });
    await expectRefusal(world, idJag(), 'assertion/proof-demanded');
    const body = await redeemed(world, idJag(), withProof());
    expect(payloadOf(body.access_token).cnf).toEqual({ jkt: key.kid });

    const before = createWorld();
    const bearer = (await redeemed(before, idJag())).access_token;
    expect(await describedBy(before, bearer)).toMatchObject({ active: true });
    before.change({ resources: [governed(mcpResource, { dpopRequired: true }), governed(otherResource)] });
    expect(await describedBy(before, bearer)).toEqual({ active: false });
  },
);

verifies('DPO-11', 'a client registered for bound tokens alone is refused without a proof', async () => {
  const world = createWorld({ client: { dpopRequired: true } });
  await expectRefusal(world, idJag(), 'dpop/missing');
  await redeemed(world, idJag(), withProof());
  world.change({ clients: [chatClient()] });
  await redeemed(world, idJag());
});

verifies('DPO-07', 'jwt-dpop is unknown unless it is enabled, and then demands cnf and proof', async () => {
  const form = { grant_type: grantTypes.jwtDpop };
  const off = createWorld();
  expectRefused(await redeem(off, bound(), { ...withProof(), form }), 'request/grant-type');
  expect(off.server.metadata().grant_types_supported).toEqual([grantTypes.jwtBearer]);

  const on = createWorld({ dpop: { jwtDpopGrant: true } });
  expect(on.server.metadata().grant_types_supported).toEqual([grantTypes.jwtBearer, grantTypes.jwtDpop]);
  expect((await redeemed(on, bound(), { ...withProof(), form })).token_type).toBe('DPoP');
  await expectRefusal(on, idJag(), 'assertion/confirmation-missing', { ...withProof(), form });
  await expectRefusal(on, bound(), 'assertion/proof-missing', { form });
  expect((await redeemed(on, bound(), withProof())).token_type).toBe('DPoP');
});

verifies(['DPO-03', 'DPO-05'], 'a nonce is asked for, given with every answer, and then accepted', async () => {
  const nonces = createDpopNonces(secretBoxFromKey(new Uint8Array(32).fill(1)), self);
  const world = createWorld({ dpop: { nonces } });
  const assertion = bound();
  const first = await redeem(world, assertion, withProof());
  expectRefused(first, 'dpop/nonce');
  const nonce = first.headers['dpop-nonce'];
  expect(nonce).toBe(nonces.current(nowSeconds));
  const second = await redeem(world, assertion, withProof(proof({ nonce })));
  expect(second.status).toBe(200);
  expect(second.headers['dpop-nonce']).toBe(nonce);
  expectRefused(await redeem(world, bound(), withProof(proof({ nonce: 'guess' }))), 'dpop/nonce');
  expect((await redeem(world, idJag())).headers['dpop-nonce']).toBe(nonce);
});

verifies(['RED-15', 'ATK-35'], 'a stranger, and a grant that is not good, use up no proof', async () => {
  const world = createWorld();
  const text = proof();
  expect((await redeem(world, bound(), { ...withProof(text), credentials: ['agent-at-chat', 'wrong'] })).status).toBe(
    401,
  );
  await expectRefusal(world, bound({ aud: 'https://other.example' }), 'assertion/audience', withProof(text));
  await redeemed(world, bound(), withProof(text));
});

test('the metadata names the algorithms of proofs', () => {
  expect(createWorld().server.metadata().dpop_signing_alg_values_supported).toEqual([
    'ES256',
    'ES384',
    'EdDSA',
    'Ed25519',
    'PS256',
    'RS256',
  ]);
});
