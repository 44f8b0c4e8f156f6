import { createHash } from 'node:crypto';
import { verifies } from '@crossgrant/testkit';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from 'jose';
import { afterEach, expect } from 'vitest';
import { CrossgrantMisuse, createCrossgrantClient } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import {
  type Asked,
  exchangeAnswer,
  type Handler,
  inTurn,
  oauthError,
  startWorld,
  type World,
} from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

const proofOf = (asked: Asked) => asked.headers.dpop as string;
const jktOf = async (asked: Asked) => calculateJwkThumbprint(decodeProtectedHeader(proofOf(asked)).jwk ?? {}, 'sha256');
const call = () => world.client.fetch('ses_alice', world.resource, { method: 'POST', body: '{}' });
const askToken = (more: object = {}) =>
  world.client.accessToken({ session: 'ses_alice', resource: world.resource, ...more });

/** Servers that bind what they issue to the key of the proof. */
function answerBound(): void {
  world.idp.answer('POST /token', async (asked) => exchangeAnswer(world.idJag({ cnf: { jkt: await jktOf(asked) } })));
  world.ras.answer('POST /token', () => ({ json: { access_token: 'access-1', token_type: 'DPoP', expires_in: 600 } }));
  world.mcp.answer('POST /mcp', ({ headers }) =>
    headers.authorization === 'DPoP access-1' ? { json: { ok: true } } : challenge(''),
  );
}

const challenge = (more: string, headers: Record<string, string> = {}) => ({
  status: 401,
  headers: { 'www-authenticate': `DPoP ${more}`, ...headers },
});

/** All requests that carried a proof, in order. */
const proven = () => world.seen.filter(({ headers }) => headers.dpop !== undefined);

verifies('DPO-12', 'one key proves itself afresh to identity provider, authorization server and resource', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  expect((await call()).status).toBe(200);
  expect((await call()).status).toBe(200);
  expect(proven().map(({ party }) => party)).toEqual(['idp', 'ras', 'mcp', 'mcp']);
  const jtis = new Set<unknown>();
  for (const asked of proven()) {
    const { payload, protectedHeader } = await jwtVerify(proofOf(asked), EmbeddedJWK, { typ: 'dpop+jwt' });
    expect(protectedHeader.jwk).not.toHaveProperty('d');
    const party = { idp: world.idp, ras: world.ras, mcp: world.mcp }[asked.party as 'idp'];
    expect(payload).toMatchObject({ htm: 'POST', htu: `${party?.url}${asked.path}` });
    const ath = createHash('sha256').update('access-1').digest('base64url');
    expect(payload.ath).toBe(asked.party === 'mcp' ? ath : undefined);
    jtis.add(payload.jti);
  }
  expect(jtis.size).toBe(4);
  expect(new Set(await Promise.all(proven().map(jktOf))).size).toBe(1);
});

verifies(['DPO-12', 'DEL-01'], 'each session has a key of its own, and a new one after sign-out', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_second' });
  await askToken();
  await askToken({ session: 'ses_second' });
  await world.client.signOut('ses_alice');
  await world.client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_alice' });
  await askToken();
  expect(new Set(await Promise.all(proven().map(jktOf))).size).toBe(3);
});

verifies('CLI-07', 'each server gets the nonce it asked for, once, and it is used from then on', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  const wanting =
    (nonce: string, refusal: object, answer: Handler): Handler =>
    (asked) =>
      asked.headers.dpop === undefined || decodeJwt(proofOf(asked)).nonce === nonce
        ? answer(asked)
        : (refusal as never);
  const askNonce = (nonce: string) => ({ ...oauthError('use_dpop_nonce'), headers: { 'dpop-nonce': nonce } });
  const idp: Handler = async (asked) => exchangeAnswer(world.idJag({ cnf: { jkt: await jktOf(asked) } }));
  const ras = () => ({ json: { access_token: 'access-1', token_type: 'DPoP' } });
  world.idp.answer('POST /token', wanting('n-idp', askNonce('n-idp'), idp));
  world.ras.answer('POST /token', wanting('n-ras', askNonce('n-ras'), ras));
  const refused = challenge('error="use_dpop_nonce"', { 'dpop-nonce': 'n-mcp' });
  world.mcp.answer(
    'POST /mcp',
    wanting('n-mcp', refused, ({ headers }) => (headers.dpop ? { json: {} } : challenge(''))),
  );
  expect((await call()).status).toBe(200);
  expect((await call()).status).toBe(200);
  expect(proven().map((asked) => [asked.party, decodeJwt(proofOf(asked)).nonce])).toEqual([
    ['idp', undefined],
    ['idp', 'n-idp'],
    ['ras', undefined],
    ['ras', 'n-ras'],
    ['mcp', undefined],
    ['mcp', 'n-mcp'],
    ['mcp', 'n-mcp'],
  ]);
});

verifies('CLI-07', 'a server that keeps asking for nonces is asked twice and no more', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  let times = 0;
  const again = () => ({ ...oauthError('use_dpop_nonce'), headers: { 'dpop-nonce': `n${times++}` } });
  world.idp.answer('POST /token', again);
  await expectFailure(askToken(), 'request_refused', 'exchange');
  expect(world.idp.askedFor('/token')).toHaveLength(2);

  answerBound();
  world.mcp.answer('POST /mcp', () => challenge('error="use_dpop_nonce"', { 'dpop-nonce': `n${times++}` }));
  await expectFailure(call(), 'token_rejected', 'call');
});

const unbound: readonly [string, (asked: Asked) => Promise<Record<string, unknown>>][] = [
  ['no confirmation claim', async () => ({})],
  ['another key', async () => ({ cnf: { jkt: 'K9UlTcYV-EkJP_VyuU3ZIifLA4kqK-N-LEuiWl3uh3o' } })],
  ['an empty confirmation claim', async () => ({ cnf: {} })],
  ['a second way to name a key', async (asked) => ({ cnf: { jkt: await jktOf(asked), kid: 'k' } })],
  ['a list', async (asked) => ({ cnf: [await jktOf(asked)] })],
];
for (const [what, claims] of unbound) {
  verifies(['ATK-34', 'CLI-03'], `an ID-JAG with ${what} is not redeemed after a proof was sent`, async () => {
    world = await startWorld((options) => ({ ...options, dpop: true }));
    answerBound();
    world.idp.answer('POST /token', async (asked) => exchangeAnswer(world.idJag(await claims(asked))));
    await expectFailure(askToken(), 'dpop_downgraded', 'exchange');
    expect(world.secretsSeenBy(world.ras)).toEqual([]);
  });
}

verifies('ATK-34', 'an access token that is not bound is not used after a proof was sent', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  world.ras.answer('POST /token', () => ({ json: { access_token: 'access-1', token_type: 'Bearer' } }));
  await expectFailure(call(), 'dpop_downgraded', 'redeem');
  expect(world.secretsSeenBy(world.mcp)).toEqual([]);
});

verifies('CLI-07', 'a server that cannot verify the key is not asked', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  world.idp.answer('GET /.well-known/oauth-authorization-server', () => ({
    json: {
      issuer: world.idp.url,
      token_endpoint: `${world.idp.url}/token`,
      dpop_signing_alg_values_supported: ['PS256'],
    },
  }));
  await expectFailure(askToken(), 'dpop_unsupported', 'exchange');
  expect(world.idp.askedFor('/token')).toEqual([]);
});

verifies('DPO-12', 'an authorization server may be left out, and gets no proof then', async () => {
  world = await startWorld((options) => ({
    ...options,
    dpop: true,
    resourceServers: Object.fromEntries(
      Object.entries(options.resourceServers).map(([issuer, server]) => [issuer, { ...server, dpop: false }]),
    ),
  }));
  expect((await call()).status).toBe(200);
  expect(proven()).toEqual([]);
});

verifies('DPO-12', 'a key of the application is used, for all sessions or for each', async () => {
  const keyPair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
  world = await startWorld((options) => ({ ...options, dpop: { keyPair: keyPair as CryptoKeyPair } }));
  answerBound();
  await call();
  const own = await calculateJwkThumbprint(
    (await crypto.subtle.exportKey('jwk', (keyPair as CryptoKeyPair).publicKey)) as never,
  );
  expect(await Promise.all(proven().map(jktOf))).toEqual([own, own, own]);

  const asked: string[] = [];
  const keyOf = async (session: string) => {
    asked.push(session);
    return keyPair as CryptoKeyPair;
  };
  const client = createCrossgrantClient({ ...world.options, dpop: { keyOf } });
  await client.adoptSignOn({ idToken: await world.idToken(), session: 'ses_own' });
  await client.accessToken({ session: 'ses_own', resource: world.resource });
  expect(asked).toEqual(['ses_own']);
  const noKey = { keyPair: { privateKey: undefined, publicKey: undefined } as never };
  expect(() => createCrossgrantClient({ ...world.options, dpop: noKey })).toThrow(CrossgrantMisuse);
});

verifies(
  ['DPO-12', 'CLI-07'],
  'an identity provider that asks for it gets proofs of the same key at sign-on and refresh',
  async () => {
    world = await startWorld((options) => ({ ...options, dpop: true, idp: { ...options.idp, dpop: true } }));
    answerBound();
    const redirectUri = 'https://agent.example/cb';
    const { pending } = await world.client.beginSignOn({ redirectUri });
    let refusals = 0;
    world.idp.answer('POST /token', async (asked) => {
      if (asked.form.has('subject_token')) return exchangeAnswer(world.idJag({ cnf: { jkt: await jktOf(asked) } }));
      if (decodeJwt(proofOf(asked)).nonce !== 'n1') {
        refusals += 1;
        return { ...oauthError('use_dpop_nonce'), headers: { 'dpop-nonce': 'n1' } };
      }
      const idToken = await world.idToken(asked.form.has('code') ? { nonce: pending.nonce } : {});
      return { json: { access_token: 'at', token_type: 'DPoP', id_token: idToken, refresh_token: 'rt-bound' } };
    });
    const answer = new URLSearchParams({ code: 'c1', state: pending.state, iss: world.idp.url });
    const session = await world.client.finishSignOn(pending, `${redirectUri}?${answer}`);
    world.clock.now += 700_000;
    await askToken({ session: session.id });
    const grants = proven().map(({ form }) => form.get('grant_type')?.split(':').at(-1));
    expect(grants).toEqual([
      'authorization_code',
      'authorization_code',
      'refresh_token',
      'token-exchange',
      'jwt-bearer',
    ]);
    expect(refusals).toBe(1);
    expect(new Set(await Promise.all(proven().map(jktOf))).size).toBe(1);
    const noKey = { ...world.options, dpop: false as const };
    expect(() => createCrossgrantClient(noKey)).toThrow(CrossgrantMisuse);
  },
);

verifies(['CLI-06', 'CLI-07'], 'a refused bound token is replaced with the same key', async () => {
  world = await startWorld((options) => ({ ...options, dpop: true }));
  answerBound();
  await call();
  const bound = { json: { access_token: 'access-2', token_type: 'DPoP' } };
  world.ras.answer('POST /token', () => bound);
  world.mcp.answer('POST /mcp', inTurn(challenge('error="invalid_token"'), { json: {} }));
  expect((await call()).status).toBe(200);
  expect(proven().at(-1)?.headers.authorization).toBe('DPoP access-2');
  expect(new Set(await Promise.all(proven().map(jktOf))).size).toBe(1);
});
