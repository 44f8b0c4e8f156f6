import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import {
  checkAudience,
  checkClient,
  checkIdJagTyp,
  checkTenantShape,
  checkTime,
  checkTypes,
  type IdJagClaims,
} from './id-jag-claims.ts';
import type { JsonObject } from './json.ts';
import { refusalResponse } from './refusals/response.ts';
import type { Result } from './result.ts';
import type { VerifiedJws } from './verified.ts';

const self = 'https://auth.chat.example';
const now = 1_795_478_400;
const base = {
  jti: 'jag-1',
  iss: 'https://acme.idp.example',
  sub: 'U1',
  aud: self,
  client_id: 'agent',
  iat: now - 10,
  exp: now + 290,
};

function claims(changes: object = {}): IdJagClaims {
  const result = checkTypes(jws(changes));
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
  return result.value;
}

function jws(changes: object): VerifiedJws {
  return { header: { typ: 'oauth-id-jag+jwt' }, payload: { ...base, ...changes } } as unknown as VerifiedJws;
}

function outcome(result: Result<unknown>): unknown {
  if (result.ok) return 'accepted';
  expect(JSON.parse(refusalResponse(result.refusal, { id: 'i' }).body)).toEqual({
    error: 'invalid_grant',
    error_description: 'The assertion is not acceptable [i]',
  });
  return result.refusal.code;
}

verifies(['RED-05', 'IDJ-01', 'ATK-07', 'ATK-08', 'ATK-59'], 'anything but an ID-JAG by its typ is refused', () => {
  for (const typ of [
    undefined,
    'JWT',
    'at+jwt',
    'logout+jwt',
    'secevent+jwt',
    'client-authentication+jwt',
    'dpop+jwt',
    '',
    1,
    null,
  ])
    expect(outcome(checkIdJagTyp({ typ } as JsonObject)), String(typ)).toBe('assertion/typ');
  for (const typ of ['oauth-id-jag+jwt', 'application/OAuth-ID-JAG+JWT'])
    expect(outcome(checkIdJagTyp({ typ }))).toBe('accepted');
});

verifies(
  ['RED-10', 'IDJ-07', 'ATK-07', 'ATK-46', 'LES-35'],
  'each required claim must be there with its JSON type',
  () => {
    const wrongTexts = [undefined, null, 1, '', [], {}, true, 'x'.repeat(3_000)];
    const wrongDates = [undefined, null, '1795478400', -1, 1.5, Number.POSITIVE_INFINITY, 1e308, Number.NaN, [], {}];
    for (const claim of ['iss', 'sub', 'client_id', 'jti'])
      for (const value of wrongTexts)
        expect(outcome(checkTypes(jws({ [claim]: value }))), `${claim} ${value}`).toBe('assertion/claims');
    for (const claim of ['iat', 'exp'])
      for (const value of wrongDates)
        expect(outcome(checkTypes(jws({ [claim]: value }))), `${claim} ${value}`).toBe('assertion/claims');
    for (const aud of [undefined, null, 1, {}, '', [1], [self, null]])
      expect(outcome(checkTypes(jws({ aud }))), JSON.stringify(aud)).toBe('assertion/claims');
  },
);

verifies(
  ['RED-10', 'IDJ-07', 'ATK-46', 'SUB-02'],
  'a text that two readers could keep differently is refused: control characters and half characters',
  () => {
    const texts = ['a\u0000b', 'a\n', '\u007f', '\u0085', 'x\ud800', 'x\udbff', '\udc00x', '\udc00\ud800'];
    for (const claim of ['iss', 'sub', 'client_id', 'jti', 'tenant', 'aud_tenant', 'aud_sub', 'email', 'acr'])
      for (const text of texts) {
        expect(outcome(checkTypes(jws({ [claim]: text }))), `${claim} ${JSON.stringify(text)}`).toBe(
          'assertion/claims',
        );
      }
    for (const text of texts) {
      expect(outcome(checkTypes(jws({ amr: ['mfa', text] })))).toBe('assertion/claims');
      expect(outcome(checkTypes(jws({ act: { sub: text } })))).toBe('assertion/claims');
      expect(outcome(checkTypes(jws({ act: { sub: 'a', act: { sub: 'b', [text]: [1] } } })))).toBe('assertion/claims');
    }
    expect(outcome(checkTypes(jws({ sub: 'Łukasz \u{1f600}', act: { sub: 'a', iss: '', n: [null, 1] } })))).toBe(
      'accepted',
    );
  },
);

verifies(['RED-10', 'IDJ-09', 'ATK-46'], 'a known optional claim of a wrong type is refused', () => {
  const wrong = {
    nbf: '1',
    tenant: 1,
    aud_tenant: [],
    aud_sub: {},
    email: 1,
    email_verified: 'true',
    auth_time: '1',
    acr: 1,
    amr: 'mfa',
    session_expiry: 1.5,
  };
  for (const [claim, value] of Object.entries(wrong))
    expect(outcome(checkTypes(jws({ [claim]: value }))), claim).toBe('assertion/claims');
});

verifies('IDJ-20', 'a claim that is not known is ignored', () => {
  expect(outcome(checkTypes(jws({ whatever: { a: [1] }, groups: ['x'] })))).toBe('accepted');
});

verifies(['RED-11', 'ATK-45'], 'time is judged with one tolerance, added once', () => {
  const judge = (changes: object): unknown =>
    outcome(checkTime(claims(changes), { nowSeconds: now, skewSeconds: 30, lifetimeCapSeconds: 300 }));

  expect(judge({})).toBe('accepted');
  expect(judge({ iat: now - 300, exp: now - 29 })).toBe('accepted');
  expect(judge({ iat: now - 300, exp: now - 30 })).toBe('assertion/expired');
  expect(judge({ iat: now + 30, exp: now + 60 })).toBe('accepted');
  expect(judge({ iat: now + 31, exp: now + 60 })).toBe('assertion/not-yet-valid');
  expect(judge({ exp: 0, iat: 0 })).toBe('assertion/expired');
  expect(judge({ iat: now + 20, exp: now + 20 })).toBe('assertion/lifetime');
  expect(judge({ iat: now + 20, exp: now + 10 })).toBe('assertion/lifetime');
});

verifies(['RED-11', 'IDJ-09', 'ATK-45'], 'nbf is honoured when present', () => {
  const judge = (nbf: number): unknown =>
    outcome(checkTime(claims({ nbf }), { nowSeconds: now, skewSeconds: 30, lifetimeCapSeconds: 300 }));

  expect(judge(now + 31)).toBe('assertion/not-yet-valid');
  expect(judge(now + 30)).toBe('accepted');
});

verifies(['RED-11', 'RED-25', 'REV-12'], 'a sign-on that lies ahead by more than the skew is refused', () => {
  const judge = (auth_time: number): unknown =>
    outcome(checkTime(claims({ auth_time }), { nowSeconds: now, skewSeconds: 30, lifetimeCapSeconds: 300 }));

  expect(judge(now + 31)).toBe('assertion/auth-time');
  expect(judge(now + 365 * 86_400)).toBe('assertion/auth-time');
  expect(judge(now + 30)).toBe('accepted');
});

verifies(['RED-11', 'ATK-44'], 'a lifetime beyond the cap is refused', () => {
  const judge = (lifetime: number): unknown =>
    outcome(
      checkTime(claims({ iat: now, exp: now + lifetime }), {
        nowSeconds: now,
        skewSeconds: 30,
        lifetimeCapSeconds: 300,
      }),
    );

  expect(judge(300)).toBe('accepted');
  expect(judge(301)).toBe('assertion/lifetime');
  expect(judge(365 * 86_400)).toBe('assertion/lifetime');
});

verifies(['RED-12', 'ATK-01'], 'an assertion for another server, its token endpoint or a look-alike is refused', () => {
  for (const aud of [
    'https://auth.other.example',
    `${self}/token`,
    `${self}/`,
    'https://AUTH.chat.example',
    'https://auth.chat.example:443',
    'https://mcp.chat.example/mcp',
  ]) {
    expect(outcome(checkAudience(claims({ aud }), self)), aud).toBe('assertion/audience');
  }
});

verifies(['RED-12', 'IDJ-03', 'ATK-02'], 'exactly one audience counts', () => {
  expect(outcome(checkAudience(claims({ aud: [self] }), self))).toBe('accepted');
  for (const aud of [[self, 'https://evil.example'], ['https://evil.example', self], [self, self], []])
    expect(outcome(checkAudience(claims({ aud }), self)), JSON.stringify(aud)).toBe('assertion/audience');
});

test('a trailing slash is tolerated only where the switch is on, and only at an origin', () => {
  const tolerant = { toleratesTrailingSlash: true };

  expect(outcome(checkAudience(claims({ aud: `${self}/` }), self, tolerant))).toBe('accepted');
  expect(outcome(checkAudience(claims({ aud: [`${self}/`, self] }), self, tolerant))).toBe('assertion/audience');
  expect(outcome(checkAudience(claims({ aud: `${self}/t/` }), `${self}/t`, tolerant))).toBe('assertion/audience');
  expect(outcome(checkAudience(claims({ aud: `${self}//` }), self, tolerant))).toBe('assertion/audience');
});

verifies(['RED-14', 'ATK-10', 'ATK-13'], 'the assertion belongs to the client that authenticated', () => {
  expect(outcome(checkClient(claims(), 'agent'))).toBe('accepted');
  for (const id of ['someone-else', 'AGENT', 'agent ', ''])
    expect(outcome(checkClient(claims(), id)), id).toBe('assertion/client');
});

verifies(['RED-13', 'SUB-03', 'ATK-22'], 'an issuer of many tenants must name one', () => {
  expect(outcome(checkTenantShape(claims(), { mode: 'multi' }))).toBe('assertion/tenant-missing');
  expect(checkTenantShape(claims({ tenant: 't1' }), { mode: 'multi' })).toEqual({ ok: true, value: 't1' });
});

verifies(['RED-13', 'SUB-04', 'ATK-22'], 'a single-tenant issuer may name only the pinned tenant', () => {
  expect(outcome(checkTenantShape(claims({ tenant: 't1' }), { mode: 'single' }))).toBe('assertion/tenant-unpinned');
  expect(outcome(checkTenantShape(claims({ tenant: 't2' }), { mode: 'single', pin: 't1' }))).toBe(
    'assertion/tenant-mismatch',
  );
  expect(outcome(checkTenantShape(claims(), { mode: 'single', pin: 't1' }))).toBe('assertion/tenant-mismatch');
  expect(checkTenantShape(claims({ tenant: 't1' }), { mode: 'single', pin: 't1' })).toEqual({ ok: true, value: 't1' });
  expect(checkTenantShape(claims(), { mode: 'single' })).toEqual({ ok: true, value: undefined });
});
