import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { type AccessTokenInput, buildAccessTokenClaims, checkAccessTokenClaims } from './access-token.ts';
import type { JsonObject } from './json.ts';
import { refusalResponse } from './refusals/response.ts';
import type { VerifiedJws } from './verified.ts';

const now = 1_795_478_400;
const issuer = 'https://auth.chat.example';
const resource = 'https://mcp.chat.example/mcp';
const input: AccessTokenInput = {
  issuer,
  subject: 'acct_7',
  resource,
  clientId: 'agent',
  jti: 'at-1',
  issuedAt: now,
  lifetimeSeconds: 600,
  scope: ['chat.read', 'chat.history'],
  customer: 'cus_1',
  authTime: now - 100,
  acr: 'phr',
  amr: ['mfa'],
  act: { sub: 'actor' },
};

const payload = (changes: object = {}): JsonObject => ({
  ...JSON.parse(JSON.stringify(buildAccessTokenClaims(input))),
  ...changes,
});

function outcome(changes: object = {}, header: object = { typ: 'at+jwt' }): unknown {
  const jws = { header, payload: payload(changes) } as unknown as VerifiedJws;
  const result = checkAccessTokenClaims(jws, { issuer, resource, nowSeconds: now, skewSeconds: 30 });
  if (result.ok) return 'accepted';
  const response = refusalResponse(result.refusal, { id: 'i' });
  expect([response.status, JSON.parse(response.body).error]).toEqual([401, 'invalid_token']);
  return result.refusal.code;
}

verifies(
  ['RED-30', 'RED-18', 'MCP-03', 'STP-05', 'ACT-03'],
  'an access token has exactly the claims of RFC 9068, for one resource',
  () => {
    expect(payload()).toEqual({
      iss: issuer,
      sub: 'acct_7',
      aud: resource,
      client_id: 'agent',
      iat: now,
      exp: now + 600,
      jti: 'at-1',
      scope: 'chat.read chat.history',
      customer: 'cus_1',
      auth_time: now - 100,
      acr: 'phr',
      amr: ['mfa'],
      act: { sub: 'actor' },
    });
    expect(JSON.parse(JSON.stringify(buildAccessTokenClaims({ ...input, scope: [] })))).not.toHaveProperty('scope');
  },
);

verifies(['ACT-02', 'ATK-37'], 'the subject stays the account, whoever acts and whichever client asks', () => {
  const claims = payload();

  expect([claims.sub, claims.client_id, claims.act]).toEqual(['acct_7', 'agent', { sub: 'actor' }]);
});

test('a sound token yields its claims', () => {
  const jws = { header: { typ: 'at+jwt' }, payload: payload() } as unknown as VerifiedJws;
  const result = checkAccessTokenClaims(jws, { issuer, resource, nowSeconds: now, skewSeconds: 30 });

  expect(result.ok && { ...result.value, payload: undefined }).toEqual({
    issuer,
    subject: 'acct_7',
    resource,
    clientId: 'agent',
    jti: 'at-1',
    issuedAt: now,
    expiresAt: now + 600,
    scope: ['chat.read', 'chat.history'],
    customer: 'cus_1',
    authTime: now - 100,
    acr: 'phr',
    amr: ['mfa'],
    payload: undefined,
  });
});

verifies(['RSV-01', 'RSV-02', 'ATK-09'], 'an ID-JAG, an ID token and any other kind are refused by typ', () => {
  for (const typ of [undefined, 'JWT', 'oauth-id-jag+jwt', 'logout+jwt', 'dpop+jwt', 'client-authentication+jwt'])
    expect(outcome({}, { typ }), String(typ)).toBe('bearer/typ');
  expect(outcome({}, { typ: 'application/AT+JWT' })).toBe('accepted');
});

verifies(['RSV-01', 'RSV-02'], 'a token of another issuer is refused, the identity provider included', () => {
  for (const iss of ['https://acme.idp.example', `${issuer}/`, undefined, 1])
    expect(outcome({ iss }), String(iss)).toBe('bearer/issuer');
});

verifies(['RSV-01', 'MCP-13', 'LES-35', 'ATK-61'], 'aud must be exactly this resource', () => {
  const others = [
    [resource, 'https://evil.example'],
    ['https://evil.example', resource],
    [resource, resource],
    [],
    undefined,
    null,
    1,
    {},
    [1],
    'https://mcp.chat.example',
    `${resource}-admin`,
    `${resource}/`,
    'https://mcp.other.example/mcp',
    issuer,
  ];
  for (const aud of others) expect(outcome({ aud }), JSON.stringify(aud)).toBe('bearer/audience');
  expect(outcome({ aud: [resource] })).toBe('accepted');
});

verifies('RSV-03', 'a token bound to a key is refused as a plain bearer token', () => {
  for (const cnf of [{ jkt: 'x' }, {}, null]) expect(outcome({ cnf })).toBe('bearer/confirmation');
});

verifies(['RSV-01', 'LES-35'], 'times must be safe integers and in range', () => {
  expect(outcome({ exp: now - 29 })).toBe('accepted');
  expect(outcome({ exp: now - 30 })).toBe('bearer/expired');
  expect(outcome({ exp: 0 })).toBe('bearer/expired');
  expect(outcome({ iat: now + 31 })).toBe('bearer/not-yet-valid');
  expect(outcome({ nbf: now + 31 })).toBe('bearer/not-yet-valid');
  for (const date of [undefined, '1', -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308, null]) {
    expect(outcome({ exp: date }), String(date)).toBe('bearer/claims');
    expect(outcome({ iat: date }), String(date)).toBe('bearer/claims');
  }
  expect(outcome({ nbf: '1' })).toBe('bearer/claims');
});

verifies('RSV-05', 'a sign-on that lies ahead is refused: it would be fresh enough for ever', () => {
  expect(outcome({ auth_time: now + 31 })).toBe('bearer/not-yet-valid');
  expect(outcome({ auth_time: now + 30 })).toBe('accepted');
});

verifies(['RSV-01', 'LES-35', 'ATK-46'], 'claims of a wrong type are refused', () => {
  const wrong = [
    { sub: 1 },
    { sub: '' },
    { client_id: undefined },
    { jti: undefined },
    { scope: ['a'] },
    { scope: '' },
    { scope: 'a"b' },
    { customer: 1 },
    { auth_time: '1' },
    { acr: 1 },
    { amr: 'mfa' },
    { amr: [1] },
    { sub: 'a\u0000' },
    { jti: 'a\ud800' },
    { customer: 'a\n' },
    { acr: '\udc00' },
    { amr: ['a\u0000'] },
  ];
  for (const changes of wrong) expect(outcome(changes), JSON.stringify(changes)).toBe('bearer/claims');
  expect(outcome({ scope: undefined })).toBe('accepted');
});
