import { hash } from 'node:crypto';
import type { GuardedFetch } from '@crossgrant/platform';
import { plainHeaders } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import {
  bearer,
  createMiddlewareWorld,
  issuer,
  type MiddlewareWorld,
  now,
  resource,
} from '../../test/middleware-world.ts';

const active = {
  active: true,
  iss: issuer,
  sub: 'acct_7',
  aud: resource,
  client_id: 'agent',
  iat: now,
  exp: now + 600,
  jti: 'at-1',
  scope: 'chat.read',
};

interface Asked {
  readonly calls: { url: string; headers: Record<string, string>; body: string }[];
  answer: { status: number; text: string } | Error;
}

function introspecting(cacheSeconds = 30): { world: MiddlewareWorld; asked: Asked } {
  const asked: Asked = { calls: [], answer: { status: 200, text: JSON.stringify(active) } };
  const fetch: GuardedFetch = async (url, init) => {
    asked.calls.push({ url, headers: init?.headers ?? {}, body: init?.body ?? '' });
    if (asked.answer instanceof Error) throw asked.answer;
    return { ...asked.answer, headers: {}, finalAddress: '' };
  };
  return {
    asked,
    world: createMiddlewareWorld({
      fetch,
      introspection: { endpoint: `${issuer}/introspect`, secret: 's3cret', cacheSeconds },
    }),
  };
}

async function outcome(world: MiddlewareWorld, token = 'opaque'): Promise<unknown> {
  const admission = await world.server.admit(bearer(token), { scopes: ['chat.read'] });
  return admission.admitted ? 'admitted' : [admission.response.status, JSON.parse(admission.response.body).error];
}

verifies('RSV-06', 'the resource server authenticates, and an active token is admitted', async () => {
  const { world, asked } = introspecting();

  expect(await outcome(world)).toBe('admitted');
  expect(asked.calls).toEqual([
    {
      url: `${issuer}/introspect`,
      headers: expect.objectContaining({
        authorization: `Basic ${btoa('https%3A%2F%2Fmcp.chat.example%2Fmcp:s3cret')}`,
      }),
      body: 'token=opaque&token_type_hint=access_token',
    },
  ]);
});

verifies('RSV-06', 'an inactive token, or an answer that is not exactly active, is refused', async () => {
  for (const answer of [{ active: false }, { ...active, active: 'true' }, { ...active, active: 1 }, {}]) {
    const { world, asked } = introspecting();
    asked.answer = { status: 200, text: JSON.stringify(answer) };
    expect(await outcome(world), JSON.stringify(answer)).toEqual([401, 'invalid_token']);
  }
});

verifies(
  ['RSV-06', 'RSV-01'],
  'an active token for another resource, of another issuer, or past its end is refused',
  async () => {
    for (const changes of [
      { aud: 'https://mcp.other.example/mcp' },
      { aud: undefined },
      { iss: 'https://evil.example' },
      { exp: now - 31 },
      { exp: undefined },
      { cnf: { jkt: 'x' } },
    ]) {
      const { world, asked } = introspecting();
      asked.answer = { status: 200, text: JSON.stringify({ ...active, ...changes }) };
      expect(await outcome(world), JSON.stringify(changes)).toEqual([401, 'invalid_token']);
    }
  },
);

verifies(['RSV-06', 'RSV-03'], 'a bound token that is asked about needs the proof of its key', async () => {
  const { world, asked } = introspecting();
  const [key, other] = [generateSigningKey('ES256'), generateSigningKey('ES256')];
  asked.answer = { status: 200, text: JSON.stringify({ ...active, token_type: 'DPoP', cnf: { jkt: key.kid } }) };
  const withProof = async (signer: typeof key): Promise<number> => {
    const claims = {
      jti: signer.kid,
      htm: 'POST',
      htu: resource,
      iat: now,
      ath: hash('sha256', 'opaque', 'base64url'),
    };
    const proof = signJws(signer, 'dpop+jwt', claims, { jwk: signer.publicJwk });
    const headers = plainHeaders([
      ['authorization', 'DPoP opaque'],
      ['dpop', proof],
    ]);
    const admission = await world.server.admit({ headers, method: 'POST', path: '/mcp' });
    return admission.admitted ? 200 : admission.response.status;
  };
  expect([await withProof(key), await withProof(other), await outcome(world)]).toEqual([
    200,
    401,
    [401, 'invalid_token'],
  ]);
});

verifies('RSV-06', 'an answer counts for its seconds and no longer', async () => {
  const { world, asked } = introspecting(30);
  await outcome(world);
  asked.answer = { status: 200, text: '{"active":false}' };
  world.nowSeconds = now + 29;
  expect(await outcome(world)).toBe('admitted');
  expect(asked.calls).toHaveLength(1);
  world.nowSeconds = now + 30;
  expect(await outcome(world)).toEqual([401, 'invalid_token']);
});

verifies('LES-36', 'a remembered answer is judged at every use, and only for its own token', async () => {
  const { world, asked } = introspecting(30);
  asked.answer = { status: 200, text: JSON.stringify({ ...active, exp: now - 10 }) };
  expect(await outcome(world)).toBe('admitted');
  world.nowSeconds = now + 25;
  expect(await outcome(world)).toEqual([401, 'invalid_token']);
  expect(await outcome(world, 'opaquE')).toEqual([401, 'invalid_token']);
  expect(asked.calls).toHaveLength(2);
});

verifies(['RSV-06', 'LES-86'], 'an endpoint that fails or refuses us turns the request away with 503', async () => {
  for (const answer of [
    { status: 500, text: '' },
    { status: 401, text: JSON.stringify(active) },
    { status: 200, text: 'junk' },
    new Error('unreachable'),
  ]) {
    const { world, asked } = introspecting();
    asked.answer = answer;
    expect(await outcome(world)).toEqual([503, 'temporarily_unavailable']);
  }
});
