import { hash } from 'node:crypto';
import { plainHeaders } from '@crossgrant/protocol';
import { generateSigningKey, type SigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { describe, expect, test } from 'vitest';
import vectors from '../../../../spec/vectors.json' with { type: 'json' };
import {
  bearer,
  createMiddlewareWorld,
  type MiddlewareWorld,
  now,
  requestWith,
  resource,
} from '../../test/middleware-world.ts';
import type { BearerRequest } from './bearer-header.ts';
import { createProofMemory } from './proof-uses.ts';
import type { ResourceServerOptions } from './settings.ts';

const key = generateSigningKey('ES256');
let serial = 0;

function proofFor(token: string, claims: Record<string, unknown> = {}, signer: SigningKey = key): string {
  serial += 1;
  const ath = hash('sha256', token, 'base64url');
  const payload = { jti: `p-${serial}`, htm: 'POST', htu: resource, iat: now, ath, ...claims };
  return signJws(signer, 'dpop+jwt', payload, { jwk: signer.publicJwk });
}

function dpop(token: string, ...proofs: readonly string[]): BearerRequest {
  const headers = [['authorization', `DPoP ${token}`], ...proofs.map((proof) => ['dpop', proof])] as [string, string][];
  return { headers: plainHeaders(headers), method: 'POST', path: '/mcp', query: '' };
}

async function answer(world: MiddlewareWorld, request: BearerRequest) {
  const admission = await world.server.admit(request);
  if (admission.admitted) return { status: 200 };
  const { status, headers, body } = admission.response;
  return { status, error: JSON.parse(body).error as string, challenge: headers['www-authenticate'] ?? '', headers };
}

const bound = (world: MiddlewareWorld, provenKey = key.kid): string => world.token({ provenKey });
const badProof = {
  status: 401,
  error: 'invalid_dpop_proof',
  challenge: expect.stringMatching(/^DPoP error="invalid_dpop_proof"/),
};
const badToken = {
  status: 401,
  error: 'invalid_token',
  challenge: expect.stringMatching(/^DPoP error="invalid_token"/),
};

describe('a bound token', () => {
  verifies('RSV-03', 'is let in with a proof by its key, and by a fresh one each time', async () => {
    const world = createMiddlewareWorld();
    const token = bound(world);
    expect(await answer(world, dpop(token, proofFor(token)))).toEqual({ status: 200 });
    expect(await answer(world, dpop(token, proofFor(token)))).toEqual({ status: 200 });
    expect(await answer(world, dpop(token))).toMatchObject(badProof);
  });

  verifies(['RSV-03', 'LES-32'], 'is refused as a bearer token, with and without a proof', async () => {
    const world = createMiddlewareWorld();
    const token = bound(world);
    expect(await answer(world, bearer(token))).toMatchObject(badToken);
    const headers = plainHeaders([
      ['authorization', `Bearer ${token}`],
      ['dpop', proofFor(token)],
    ]);
    expect(await answer(world, { headers, method: 'POST', path: '/mcp' })).toMatchObject(badToken);
  });

  verifies(
    ['RSV-03', 'LES-32', 'ATK-35'],
    'is refused with the proof of another key, also once it was let in',
    async () => {
      const world = createMiddlewareWorld();
      const token = bound(world);
      const thief = generateSigningKey('ES256');
      expect(await answer(world, dpop(token, proofFor(token)))).toEqual({ status: 200 });
      expect(await answer(world, dpop(token, proofFor(token, {}, thief)))).toMatchObject(badToken);
    },
  );

  verifies(['RSV-03', 'ATK-35'], 'is refused with a proof that was used, also by many at once', async () => {
    const world = createMiddlewareWorld();
    const token = bound(world);
    const proof = proofFor(token);
    const answers = await Promise.all(Array.from({ length: 5 }, () => answer(world, dpop(token, proof))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    expect(await answer(world, dpop(token, proof))).toMatchObject(badProof);
  });

  const cases: readonly (readonly [sentence: string, claims: Record<string, unknown>])[] = [
    ['another method', { htm: 'GET' }],
    ['another path', { htu: `${resource}/x` }],
    ['a trailing slash', { htu: `${resource}/` }],
    ['another host', { htu: 'https://evil.example/mcp' }],
    ['another port', { htu: 'https://mcp.chat.example:8443/mcp' }],
    ['user info', { htu: 'https://a@mcp.chat.example/mcp' }],
    ['another token', { ath: hash('sha256', 'x', 'base64url') }],
    ['no token', { ath: undefined }],
    ['an old instant', { iat: now - 61 }],
    ['a future instant', { iat: now + 61 }],
    ['a huge jti', { jti: 'x'.repeat(300) }],
  ];
  for (const [sentence, claims] of cases) {
    verifies(['RSV-03', 'ATK-35'], `is refused with a proof for ${sentence}`, async () => {
      const world = createMiddlewareWorld();
      const token = bound(world);
      expect(await answer(world, dpop(token, proofFor(token, claims)))).toMatchObject(badProof);
    });
  }

  verifies(['RSV-03', 'ATK-35'], 'is refused with two proofs, with a huge one and with junk', async () => {
    const world = createMiddlewareWorld();
    const token = bound(world);
    expect(await answer(world, dpop(token, proofFor(token), proofFor(token)))).toMatchObject(badProof);
    for (const junk of ['', 'x', 'a.b.c', 'x'.repeat(10_000)])
      expect(await answer(world, dpop(token, junk))).toMatchObject(badProof);
  });

  test('is let in for other spellings of the same address, and whatever host the request names', async () => {
    const world = createMiddlewareWorld();
    const token = bound(world);
    const htu = 'HTTPS://MCP.Chat.example:443/mcp?x=1#y';
    const request = dpop(token, proofFor(token, { htu }));
    const headers = plainHeaders([
      ['host', 'evil.example'],
      ['x-forwarded-host', 'evil.example'],
      ['authorization', request.headers.get('authorization') ?? ''],
      ['dpop', request.headers.get('dpop') ?? ''],
    ]);
    expect(await answer(world, { ...request, headers })).toEqual({ status: 200 });
    expect(await answer(world, dpop(token, proofFor(token, { htu: 'https://evil.example/mcp' })))).toMatchObject(
      badProof,
    );
  });

  verifies('RSV-03', 'with a cnf that is not understood is refused, whatever is proven', async () => {
    const world = createMiddlewareWorld();
    for (const cnf of [
      {},
      [],
      'x',
      null,
      { jkt: key.kid, 'x5t#S256': 'x' },
      { jwk: key.publicJwk },
      { jkt: [key.kid] },
    ]) {
      const token = world.token({}, { cnf });
      expect((await answer(world, dpop(token, proofFor(token)))).status, JSON.stringify(cnf)).toBe(401);
      expect((await answer(world, bearer(token))).status).toBe(401);
    }
  });

  verifies(['RSV-03', 'LES-86'], 'is not let in when the use of its proof cannot be recorded', async () => {
    const uses = { useProof: () => Promise.reject(new Error('away')) };
    const world = createMiddlewareWorld({ dpop: { uses } });
    const token = bound(world);
    expect((await answer(world, dpop(token, proofFor(token)))).status).toBe(503);
  });
});

verifies(['RSV-03', 'LES-32'], 'a token that is bound to nothing is refused under the scheme DPoP', async () => {
  const world = createMiddlewareWorld();
  const token = world.token();
  expect(await answer(world, dpop(token, proofFor(token)))).toMatchObject(badToken);
  expect(await answer(world, bearer(token))).toEqual({ status: 200 });
});

verifies(['RSV-03', 'DPO-10'], 'a resource that demands bound tokens takes no other, and says so', async () => {
  const world = createMiddlewareWorld({ dpop: { required: true } });
  expect(await answer(world, bearer(world.token()))).toMatchObject(badToken);
  const token = bound(world);
  expect(await answer(world, dpop(token, proofFor(token)))).toEqual({ status: 200 });
  expect((await answer(world, requestWith())).challenge).toMatch(
    /^DPoP scope=.*algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"$/,
  );
  expect(world.server.metadata()).toMatchObject({
    dpop_bound_access_tokens_required: true,
    dpop_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
  });
  expect(createMiddlewareWorld().server.metadata()).not.toHaveProperty('dpop_bound_access_tokens_required');
});

verifies(
  'RSV-03',
  'a client without a token learns of both schemes, one with a bearer token of its own alone',
  async () => {
    const world = createMiddlewareWorld();
    const first = (await answer(world, requestWith())).challenge ?? '';
    expect(first).toMatch(/^Bearer scope=.*, DPoP scope=.*algs="/);
    expect((await answer(world, bearer('junk'))).challenge).not.toContain('DPoP');
    expect((await answer(world, dpop('junk', proofFor('junk')))).challenge).toMatch(/^DPoP error="invalid_token"/);
  },
);

verifies('RSV-03', 'a nonce is asked for with the challenge, and accepted by every process with the key', async () => {
  const options: Partial<ResourceServerOptions> = { dpop: { nonceKey: new Uint8Array(32).fill(3) } };
  const world = createMiddlewareWorld(options, generateSigningKey('ES256', 'ras-1'));
  const replica = createMiddlewareWorld(options, world.key);
  const token = bound(world);
  const first = await answer(world, dpop(token, proofFor(token)));
  expect(first).toMatchObject({
    status: 401,
    error: 'use_dpop_nonce',
    challenge: expect.stringMatching(/^DPoP error="use_dpop_nonce"/),
  });
  const nonce = first.headers?.['dpop-nonce'];
  expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(await answer(replica, dpop(token, proofFor(token, { nonce })))).toEqual({ status: 200 });
  expect(await answer(world, dpop(token, proofFor(token, { nonce: 'guess' })))).toMatchObject({
    error: 'use_dpop_nonce',
  });
});

verifies('RSV-03', 'behind a proxy that takes a prefix away the address is the public one', async () => {
  const world = createMiddlewareWorld({ dpop: { mountPath: '/v1' } });
  const token = bound(world);
  expect(await answer(world, dpop(token, proofFor(token, { htu: 'https://mcp.chat.example/v1/mcp' })))).toEqual({
    status: 200,
  });
  expect(await answer(world, dpop(token, proofFor(token)))).toMatchObject(badProof);
});

verifies(['RSV-03', 'ATK-35'], 'the signed samples of proof and bound token are let in, once', async () => {
  const world = createMiddlewareWorld({ keys: vectors.jwks.ras, dpop: { required: true } });
  const request = dpop(vectors.access_token_dpop_bound, vectors.dpop_proofs['proof.rs.ok']);
  expect(await answer(world, request)).toEqual({ status: 200 });
  expect(await answer(world, request)).toMatchObject(badProof);
  expect(await answer(world, dpop(vectors.access_token_dpop_bound, vectors.dpop_proofs['proof.ras.ok']))).toMatchObject(
    badProof,
  );
  expect(await answer(world, bearer(vectors.access_token_dpop_bound))).toMatchObject(badToken);
});

describe('the memory of used proofs', () => {
  verifies('LES-86', 'forgets what can no longer be replayed, and nothing before', () => {
    let time = 0;
    const memory = createProofMemory(() => time, 2);
    expect([memory.useProof('a', 100), memory.useProof('b', 200), memory.useProof('a', 100)]).toEqual([
      true,
      true,
      false,
    ]);
    time = 99;
    expect(() => memory.useProof('c', 300)).toThrow('too many proofs');
    time = 100;
    expect([memory.useProof('c', 300), memory.useProof('b', 200)]).toEqual([true, false]);
  });
});

test('a mount path or a nonce key that would be wrong later is refused at once', () => {
  for (const mountPath of ['v1', '/v1/', '/a b', '/../x/', '/%2e'])
    expect(() => createMiddlewareWorld({ dpop: { mountPath } }), mountPath).toThrow('dpop.mountPath');
  expect(() => createMiddlewareWorld({ dpop: { nonceKey: new Uint8Array(16) } })).toThrow('dpop.nonceKey');
  expect(() => createMiddlewareWorld({ dpop: { algorithms: [] } })).toThrow('dpop.algorithms');
});
