import { generateSigningKey, type PublicJwk } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, test, vi } from 'vitest';
import { KeysUnavailable } from '../errors.ts';
import type { GuardedFetch } from '../outbound/guarded-fetch.ts';
import { pinnedIssuerKeys } from './issuer-keys.ts';
import { type KeyAlert, remoteIssuerKeys } from './remote-issuer-keys.ts';

const issuer = 'https://idp.example/acme';
const jwksUri = 'https://keys.example/jwks';
const keyA = generateSigningKey('ES256', 'a').publicJwk;
const keyB = generateSigningKey('ES256', 'b').publicJwk;
const minute = 60_000;
const hour = 60 * minute;

interface Answer {
  readonly status?: number;
  readonly text: string;
  readonly cacheControl?: string;
}

/** An issuer made of documents by URL; what is not there fails like an unreachable server. */
function world(source: { issuer: string } | { jwksUri: string }, documents: Record<string, Answer>) {
  const state = { now: 1_790_000_000_000, documents };
  const alerts: KeyAlert[] = [];
  const fetch = vi.fn<GuardedFetch>(async (url) => {
    const answer = state.documents[url];
    if (answer === undefined) throw new Error(`unreachable: ${url}`);
    const headers: Record<string, string> =
      answer.cacheControl === undefined ? {} : { 'cache-control': answer.cacheControl };
    return { status: answer.status ?? 200, headers, text: answer.text, finalAddress: '8.8.8.8' };
  });
  const keys = remoteIssuerKeys({ source, fetch, clock: () => state.now, onAlert: (alert) => alerts.push(alert) });
  const find = async (kid: string | undefined, alg = 'ES256'): Promise<readonly (string | undefined)[]> =>
    (await keys.find(kid, alg)).map((key) => key.kid);
  return { state, fetch, alerts, find };
}

const jwks = (keys: readonly PublicJwk[], cacheControl?: string): Answer => ({
  text: JSON.stringify({ keys }),
  cacheControl,
});
const metadata = (members: object): Answer => ({ text: JSON.stringify(members) });

verifies('KEY-03', 'keys are found through either well-known document of exactly this issuer', async () => {
  const good = { issuer, jwks_uri: jwksUri };
  for (const url of [
    'https://idp.example/acme/.well-known/openid-configuration',
    'https://idp.example/.well-known/oauth-authorization-server/acme',
  ]) {
    expect(await world({ issuer }, { [url]: metadata(good), [jwksUri]: jwks([keyA]) }).find('a')).toEqual(['a']);
    for (const bad of [
      { ...good, issuer: `${issuer}/` },
      { ...good, issuer: 'https://evil.example' },
      { jwks_uri: jwksUri },
      { issuer },
      { ...good, jwks_uri: 7 },
    ]) {
      const { find, fetch } = world({ issuer }, { [url]: metadata(bad), [jwksUri]: jwks([keyA]) });
      await expect(find('a')).rejects.toBeInstanceOf(KeysUnavailable);
      expect(fetch.mock.calls.map(([asked]) => asked)).not.toContain(jwksUri);
    }
  }
});

verifies(
  'KEY-03',
  'the answer is kept as its server says, yet no less than five minutes and no more than a day',
  async () => {
    const cases: readonly [string | undefined, number][] = [
      [undefined, 5 * minute],
      ['max-age=1', 5 * minute],
      ['no-store', 5 * minute],
      ['public, max-age=3600', hour],
      ['max-age=99999999', 24 * hour],
    ];
    for (const [cacheControl, kept] of cases) {
      const { find, fetch, state } = world({ jwksUri }, { [jwksUri]: jwks([keyA], cacheControl) });
      await find('a');
      state.now += kept - 1;
      await find('a');
      expect(fetch, String(cacheControl)).toHaveBeenCalledTimes(1);
      state.now += 1;
      await find('a');
      expect(fetch, String(cacheControl)).toHaveBeenCalledTimes(2);
    }
  },
);

verifies(['KEY-03', 'ATK-17'], 'everybody who waits shares one fetch', async () => {
  const { find, fetch } = world({ jwksUri }, { [jwksUri]: jwks([keyA]) });
  const found = await Promise.all(Array.from({ length: 100 }, () => find('a')));
  expect(found.every((kids) => kids[0] === 'a')).toBe(true);
  expect(fetch).toHaveBeenCalledTimes(1);
});

verifies(['KEY-04', 'ATK-17'], 'a thousand invented kids cause one fetch in half a minute', async () => {
  const { find, fetch, state } = world({ jwksUri }, { [jwksUri]: jwks([keyA]) });
  await find('a');
  for (let index = 0; index < 1_000; index += 1) expect(await find(`invented-${index}`)).toEqual([]);
  expect(fetch).toHaveBeenCalledTimes(2);
  state.now += 29_999;
  await Promise.all(Array.from({ length: 50 }, (_, index) => find(`more-${index}`)));
  expect(fetch).toHaveBeenCalledTimes(2);
  state.now += 1;
  await Promise.all(Array.from({ length: 50 }, (_, index) => find(`again-${index}`)));
  expect(fetch).toHaveBeenCalledTimes(3);
});

verifies('KEY-04', 'a key that was just published is found by that one fetch', async () => {
  const { find, state } = world({ jwksUri }, { [jwksUri]: jwks([keyA]) });
  await find('a');
  state.documents[jwksUri] = jwks([keyA, keyB]);
  expect(await find('b')).toEqual(['b']);
});

verifies(
  ['KEY-05', 'ATK-18'],
  'while fetching fails the last good set serves for a day, with an alert, then nothing does',
  async () => {
    const { find, fetch, state, alerts } = world({ jwksUri }, { [jwksUri]: jwks([keyA]) });
    await find('a');
    state.documents = {};
    state.now += 6 * minute;
    expect(await find('a')).toEqual(['a']);
    expect(alerts).toMatchObject([{ kind: 'fetch-failed', lastGoodAt: 1_790_000_000_000 }]);
    state.now = 1_790_000_000_000 + 24 * hour - 1;
    expect(await find('a')).toEqual(['a']);
    state.now += 1;
    await expect(find('a')).rejects.toBeInstanceOf(KeysUnavailable);
    const before = fetch.mock.calls.length;
    for (let index = 0; index < 100; index += 1) await find('a').catch(() => undefined);
    expect(fetch.mock.calls.length - before).toBeLessThanOrEqual(1);
    state.documents = { [jwksUri]: jwks([keyA]) };
    state.now += minute;
    expect(await find('a')).toEqual(['a']);
  },
);

verifies(['KEY-05', 'ATK-18'], 'a key that vanished from a fetched set is refused at once', async () => {
  const { find, state, alerts } = world({ jwksUri }, { [jwksUri]: jwks([keyA, keyB]) });
  expect(await find('a')).toEqual(['a']);
  state.documents[jwksUri] = jwks([keyB]);
  state.now += 5 * minute;
  expect(await find('a')).toEqual([]);
  expect(alerts).toMatchObject([{ kind: 'keys-changed', added: [], removed: [expect.stringContaining('a ES256')] }]);
  state.documents[jwksUri] = jwks([]);
  state.now += 5 * minute;
  expect(await find('b')).toEqual([]);
});

verifies('KEY-05', 'answers that are no key set count as failures', async () => {
  for (const text of ['', '[]', '{}', '{"keys":{}}', '{"keys":[],"keys":[]}', 'null', '<html>']) {
    const { find } = world({ jwksUri }, { [jwksUri]: { text } });
    await expect(find('a'), text).rejects.toBeInstanceOf(KeysUnavailable);
  }
  const { find } = world({ jwksUri }, { [jwksUri]: { ...jwks([keyA]), status: 404 } });
  await expect(find('a')).rejects.toBeInstanceOf(KeysUnavailable);
});

verifies(
  ['KEY-01', 'LES-49', 'ATK-19'],
  'a bad key in a set is reported and the good one works; a replaced key raises an alert',
  async () => {
    const weak = {
      kty: 'RSA',
      kid: 'weak',
      alg: 'RS256',
      n: Buffer.alloc(128, 0xff).toString('base64url'),
      e: 'AQAB',
    } as PublicJwk;
    const { find, alerts, state } = world({ jwksUri }, { [jwksUri]: jwks([weak, keyA]) });
    expect(await find('a')).toEqual(['a']);
    expect(await find('weak', 'RS256')).toEqual([]);
    expect(alerts[0]).toMatchObject({ kind: 'unusable-keys', problems: [expect.any(String)] });
    const swapped = generateSigningKey('ES256', 'a').publicJwk;
    state.documents[jwksUri] = jwks([swapped]);
    state.now += 5 * minute;
    await find('a');
    expect(alerts.at(-1)).toMatchObject({
      kind: 'keys-changed',
      added: [expect.any(String)],
      removed: [expect.any(String)],
    });
  },
);

verifies('KEY-06', 'a key serves its own algorithm only, and one issuer is never searched for another', async () => {
  const one = pinnedIssuerKeys({ keys: [keyA] });
  const two = pinnedIssuerKeys({ keys: [keyB] });
  expect(await one.find('a', 'ES256')).toHaveLength(1);
  expect(await one.find('a', 'RS256')).toEqual([]);
  expect(await one.find('a', 'none')).toEqual([]);
  expect(await one.find('b', 'ES256')).toEqual([]);
  expect(await two.find('a', 'ES256')).toEqual([]);
});

verifies('LES-49', 'a token without kid is tried against three keys at most', async () => {
  const many = pinnedIssuerKeys({
    keys: Array.from({ length: 10 }, (_, index) => generateSigningKey('ES256', `k${index}`).publicJwk),
  });
  expect(await many.find(undefined, 'ES256')).toHaveLength(3);
});

test('a pinned set without a usable key is misuse', () => {
  expect(() => pinnedIssuerKeys({ keys: [] })).toThrow(expect.objectContaining({ code: 'issuer-keys/empty' }));
});
