import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import vectors from '../../../spec/vectors.json' with { type: 'json' };
import type { JsonObject } from './json.ts';
import { importJwks, parseCompactJws, verifyJws } from './jws/index.ts';
import { backChannelLogoutEvent, checkLogoutToken } from './logout-token.ts';

const expected = {
  issuer: vectors.config.idp_issuer,
  clientId: vectors.config.client_id_at_idp,
  nowSeconds: vectors.now,
  skewSeconds: 30,
};

/** Header and payload of a sample, once its signature stands. */
function sample(text: string): { header: JsonObject; payload: JsonObject } {
  const parsed = parseCompactJws(text);
  if (!parsed.ok) throw new Error(parsed.refusal.problem);
  const verified = verifyJws(parsed.value, importJwks(vectors.jwks.idp).keys, ['ES256']);
  if (!verified.ok) throw new Error(verified.refusal.problem);
  return verified.value;
}

const good = sample(vectors.logout_token);

function code(change: JsonObject, header: JsonObject = good.header, over = {}): string {
  const checked = checkLogoutToken({ header, payload: { ...good.payload, ...change } }, { ...expected, ...over });
  return checked.ok ? 'accepted' : checked.refusal.code;
}

verifies('SSO-07', 'the signed sample is accepted, and says whose sign-on ended', () => {
  expect(checkLogoutToken(good, expected)).toEqual({
    ok: true,
    value: {
      issuer: expected.issuer,
      subject: 'U019488227',
      sid: 'sess-1',
      jti: 'lt-1',
      keepUntil: vectors.now + 120 + 30 + 1,
    },
  });
  expect(code({ aud: ['agent-at-acme'], sub: undefined })).toBe('accepted');
  expect(code({ sid: undefined })).toBe('accepted');
});

verifies(['SSO-07', 'ATK-50'], 'each thing that is wrong refuses it', () => {
  const event = { [backChannelLogoutEvent]: {} };
  const cases: [JsonObject, string][] = [
    [{ iss: `${expected.issuer}/` }, 'issuer'],
    [{ aud: 'another' }, 'audience'],
    [{ aud: ['agent-at-acme', 'another'] }, 'audience'],
    [{ aud: undefined }, 'audience'],
    [{ nonce: 'n-1' }, 'nonce'],
    [{ nonce: null }, 'nonce'],
    [{ events: undefined }, 'event'],
    [{ events: {} }, 'event'],
    [{ events: [event] }, 'event'],
    [{ events: { [backChannelLogoutEvent]: true } }, 'event'],
    [{ events: { ...event, 'urn:other': {} } }, 'event'],
    [{ jti: undefined }, 'claims'],
    [{ jti: 7 }, 'claims'],
    [{ iat: undefined }, 'claims'],
    [{ iat: '1795478400' }, 'claims'],
    [{ exp: undefined }, 'claims'],
    [{ exp: Infinity }, 'claims'],
    [{ sub: '' }, 'claims'],
    [{ sid: ['sess-1'] }, 'claims'],
    [{ sub: undefined, sid: undefined }, 'nobody'],
    [{ exp: vectors.now - 30 }, 'expired'],
    [{ iat: vectors.now + 31 }, 'not-yet-valid'],
  ];
  for (const [change, name] of cases) expect(code(change), JSON.stringify(change)).toBe(`logout-token/${name}`);
  expect(code({ exp: vectors.now - 29 })).toBe('accepted');
  expect(code({ iat: vectors.now + 30 })).toBe('accepted');
});

verifies(['SSO-07', 'ATK-50'], 'no other token of the same keys passes for one', () => {
  for (const typ of ['secevent+jwt', 'at+jwt', 'oauth-id-jag+jwt', 'dpop+jwt', 'client-authentication+jwt', 7, ''])
    expect(code({}, { ...good.header, typ })).toBe('logout-token/typ');
  for (const typ of [undefined, 'JWT', 'application/LOGOUT+JWT'])
    expect(code({}, { ...good.header, typ })).toBe('accepted');
  for (const text of [vectors.id_token, vectors.set_session_revoked_es256])
    expect(checkLogoutToken(sample(text), { ...expected, clientId: 'agent-at-acme' }).ok).toBe(false);
});

test('property: an accepted token is for this client, of this issuer, about somebody, and in time', () => {
  const claim = fc.constantFrom('iss', 'aud', 'iat', 'exp', 'jti', 'sub', 'sid', 'events', 'nonce');
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(expected.issuer, expected.clientId, [expected.clientId], vectors.now, vectors.now + 60, undefined),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(claim, value), { maxLength: 4 }), (changes) => {
      const payload = { ...good.payload, ...Object.fromEntries(changes) } as JsonObject;
      const checked = checkLogoutToken({ header: good.header, payload }, expected);
      if (!checked.ok) return checked.refusal.code.startsWith('logout-token/');
      const { subject, sid, keepUntil } = checked.value;
      return (
        payload.iss === expected.issuer &&
        [payload.aud].flat()[0] === expected.clientId &&
        payload.nonce === undefined &&
        (subject !== undefined || sid !== undefined) &&
        keepUntil > (payload.exp as number)
      );
    }),
    { numRuns: 2_000 },
  );
});
