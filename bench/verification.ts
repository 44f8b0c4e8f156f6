import { buildAccessTokenClaims, plainHeaders } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { createResourceServer } from '@crossgrant/resource';
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import { type Algorithm, resource, resourceServerIssuer, scope } from './scenario.ts';

/**
 * The middleware's verification beside `jose.jwtVerify` with a local key set, in one process, in turns. A fresh token is one
 * that the middleware's memory does not hold: it is kept so small that every token has left it before its next turn.
 *
 * Prints one line of JSON per comparison, for the bench to read.
 */
const [rounds = 5, perRound = 1000] = process.argv.slice(2).map(Number);
const freshTokens = 400;
const repeatedTokens = 16;

for (const [alg, tokens] of [
  ['ES256', 'fresh'],
  ['RS256', 'fresh'],
  ['ES256', 'repeated'],
  ['RS256', 'repeated'],
] as const) {
  console.log(JSON.stringify(await compareVerification(alg, tokens)));
}

export interface VerificationResult {
  readonly alg: Algorithm;
  readonly tokens: 'fresh' | 'repeated';
  readonly ours: readonly number[];
  readonly jose: readonly number[];
  readonly errors: number;
}

async function compareVerification(alg: Algorithm, tokens: 'fresh' | 'repeated'): Promise<VerificationResult> {
  const key = generateSigningKey(alg);
  const texts = Array.from({ length: tokens === 'fresh' ? freshTokens : repeatedTokens }, () =>
    signJws(key, 'at+jwt', claims()),
  );
  const requests = texts.map((text) => ({
    text,
    request: { headers: plainHeaders([['authorization', `Bearer ${text}`]]), method: 'POST', path: '/mcp', query: '' },
  }));
  const server = createResourceServer({
    resource,
    authorizationServer: resourceServerIssuer,
    scopesSupported: [scope],
    keys: { keys: [key.publicJwk] },
    maximumVerdicts: freshTokens / 4,
  });
  const keys = createLocalJWKSet({ keys: [key.publicJwk as JWK] });
  const expected = { issuer: resourceServerIssuer, audience: resource, typ: 'at+jwt' };
  let errors = 0;

  const ours = async (count: number): Promise<number> => {
    const began = performance.now();
    for (let index = 0; index < count; index++) {
      const { request } = requests[index % requests.length] as (typeof requests)[number];
      if (!(await server.authenticate(request)).ok) errors += 1;
    }
    return (count * 1000) / (performance.now() - began);
  };
  const jose = async (count: number): Promise<number> => {
    const began = performance.now();
    for (let index = 0; index < count; index++) {
      const { text } = requests[index % requests.length] as (typeof requests)[number];
      await jwtVerify(text, keys, expected);
    }
    return (count * 1000) / (performance.now() - began);
  };

  await ours(perRound);
  await jose(perRound);
  const results: VerificationResult = { alg, tokens, ours: [], jose: [], errors: 0 };
  for (let round = 0; round < rounds; round++) {
    (results.ours as number[]).push(await ours(tokens === 'fresh' ? perRound : perRound * 20));
    (results.jose as number[]).push(await jose(perRound));
  }
  return { ...results, errors };
}

function claims(): ReturnType<typeof buildAccessTokenClaims> {
  return buildAccessTokenClaims({
    issuer: resourceServerIssuer,
    subject: 'acc_7',
    resource,
    clientId: 'agent-at-chat',
    jti: crypto.randomUUID(),
    issuedAt: Math.floor(Date.now() / 1000),
    lifetimeSeconds: 3600,
    scope: [scope],
    customer: 'default',
  });
}
