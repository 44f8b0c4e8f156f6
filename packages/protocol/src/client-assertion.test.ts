import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import vectors from '../../../spec/vectors.json' with { type: 'json' };
import { checkClientAssertion, claimedClient } from './client-assertion.ts';
import type { JsonObject } from './json.ts';
import { defaultAlgorithms, importJwks, parseCompactJws, verifyJws } from './jws/index.ts';
import { refusalResponse } from './refusals/response.ts';
import type { VerifiedJws } from './verified.ts';

const issuer = 'https://auth.chat.example';
const now = 1_795_478_400;
const base = { iss: 'agent', sub: 'agent', aud: issuer, jti: 'ca-1', iat: now, exp: now + 60 };

function outcome(
  changes: object = {},
  header: JsonObject = { typ: 'client-authentication+jwt' },
  alsoAudience?: string,
): unknown {
  const payload = JSON.parse(JSON.stringify({ ...base, ...changes })) as JsonObject;
  const jws = { header, payload } as VerifiedJws;
  const result = checkClientAssertion(jws, {
    clientId: 'agent',
    issuer,
    nowSeconds: now,
    skewSeconds: 30,
    alsoAudience,
  });
  if (!result.ok)
    expect(JSON.parse(refusalResponse(result.refusal, { id: 'i' }).body)).toEqual({
      error: 'invalid_client',
      error_description: 'Client authentication failed [i]',
    });
  return result.ok ? 'accepted' : result.refusal.code;
}

test('a sound assertion yields what must be recorded', () => {
  const jws = { header: {}, payload: base } as unknown as VerifiedJws;
  const result = checkClientAssertion(jws, { clientId: 'agent', issuer, nowSeconds: now, skewSeconds: 30 });

  expect(result).toEqual({ ok: true, value: { clientId: 'agent', jti: 'ca-1', expiresAt: now + 60 } });
});

verifies(['CAU-02', 'ATK-56'], 'aud must be exactly the issuer, as text or as an array of one', () => {
  for (const aud of [
    `${issuer}/token`,
    `${issuer}/`,
    [issuer, 'https://other.example'],
    ['https://other.example', issuer],
    [],
    [[issuer]],
    null,
    undefined,
    {},
  ])
    expect(outcome({ aud }), JSON.stringify(aud)).toBe('client/assertion-audience');
  expect(outcome({ aud: [issuer] })).toBe('accepted');
});

verifies('CAU-02', 'a legacy client may use the token endpoint, where the switch is on', () => {
  expect(outcome({ aud: `${issuer}/token` }, {}, `${issuer}/token`)).toBe('accepted');
  expect(outcome({ aud: [issuer, `${issuer}/token`] }, {}, `${issuer}/token`)).toBe('client/assertion-audience');
});

verifies(['CAU-03', 'ATK-08'], 'a wrong typ is refused; absent or JWT is accepted', () => {
  for (const typ of ['at+jwt', 'oauth-id-jag+jwt', 'dpop+jwt', 'logout+jwt', '', 1])
    expect(outcome({}, { typ }), String(typ)).toBe('client/assertion-typ');
  expect(outcome({}, {})).toBe('accepted');
  expect(outcome({}, { typ: 'JWT' })).toBe('accepted');
});

verifies('CAU-03', 'a jti that could not be recorded is refused', () => {
  for (const jti of [undefined, 1, '', 'x'.repeat(257)])
    expect(outcome({ jti }), String(jti)).toBe('client/assertion-malformed');
});

verifies('CAU-01', 'issuer and subject must both be the client', () => {
  expect(outcome({ iss: 'other' })).toBe('client/assertion-issuer');
  expect(outcome({ sub: 'other' })).toBe('client/assertion-issuer');
});

verifies('CAU-01', 'expired, future and long-lived assertions are refused', () => {
  expect(outcome({ exp: now - 30 })).toBe('client/assertion-time');
  expect(outcome({ iat: now - 60, exp: now - 29 })).toBe('accepted');
  expect(outcome({ iat: now + 31, exp: now + 60 })).toBe('client/assertion-time');
  expect(outcome({ nbf: now + 31 })).toBe('client/assertion-time');
  expect(outcome({ exp: now + 301 })).toBe('client/assertion-time');
  expect(outcome({ iat: undefined, exp: now + 301 })).toBe('client/assertion-time');
  for (const exp of [undefined, '1795478460', 1e308, -1, 1.5, null])
    expect(outcome({ exp }), String(exp)).toBe('client/assertion-malformed');
  expect(outcome({ iat: 'now' })).toBe('client/assertion-malformed');
  expect(outcome({ nbf: 'now' })).toBe('client/assertion-malformed');
});

verifies('CAU-08', 'a client_id in the body must agree with the assertion', () => {
  const code = (payload: object, body?: string): unknown => {
    const claimed = claimedClient(payload as JsonObject, body);
    return claimed.ok ? claimed.value : claimed.refusal.code;
  };

  expect(code({ iss: 'agent', sub: 'agent' }, 'other')).toBe('client/identifier-mismatch');
  expect(code({ iss: 'agent', sub: 'agent' }, 'agent')).toBe('agent');
  expect(code({ iss: 'agent', sub: 'agent' })).toBe('agent');
});

verifies('CAU-01', 'an assertion whose issuer is no text, or not its subject, names nobody', () => {
  const code = (payload: object): unknown => {
    const claimed = claimedClient(payload as JsonObject, undefined);
    return claimed.ok ? claimed.value : claimed.refusal.code;
  };

  for (const iss of [undefined, 1, '', ['agent'], 'x'.repeat(3_000)])
    expect(code({ iss, sub: iss })).toBe('client/assertion-malformed');
  expect(code({ iss: 'agent', sub: 'other' })).toBe('client/assertion-issuer');
});

verifies(['CAU-01', 'CAU-02', 'CAU-03'], 'the signed vectors are judged as they say', () => {
  const { keys } = importJwks(vectors.jwks.client);
  for (const [name, text] of Object.entries(vectors.client_assertions)) {
    const parsed = parseCompactJws(text);
    const jws = parsed.ok ? verifyJws(parsed.value, keys, defaultAlgorithms) : parsed;
    if (!jws.ok) throw new Error(`unreadable vector ${name}`);
    const self = name.includes('at-idp')
      ? { clientId: 'agent-at-acme', issuer: 'https://acme.idp.example' }
      : { clientId: 'agent-at-chat', issuer };
    const result = checkClientAssertion(jws.value, { ...self, nowSeconds: now, skewSeconds: 30 });
    expect(result.ok, name).toBe(!name.startsWith('bad.'));
  }
});
