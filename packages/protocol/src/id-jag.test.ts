import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { buildIdJagClaims, type IdJagInput } from './id-jag.ts';

const input: IdJagInput = {
  issuer: 'https://acme.idp.example',
  subject: 'sub-1',
  audience: 'https://auth.chat.example',
  resourceClientId: 'agent-at-chat',
  jti: 'jag-1',
  issuedAt: 1_000,
  lifetimeSeconds: 300,
  resources: ['https://mcp.chat.example/mcp'],
  scope: ['chat.read', 'chat.history'],
  authTime: 900,
  acr: 'phr',
  amr: ['mfa'],
};

const signed = (changes: Partial<IdJagInput> = {}): Record<string, unknown> =>
  JSON.parse(JSON.stringify(buildIdJagClaims({ ...input, ...changes })));

verifies(
  ['IDJ-02', 'IDJ-03', 'IDJ-04', 'IDJ-05', 'IDJ-07', 'IDJ-08', 'IDJ-10', 'IDJ-11', 'IDJ-13'],
  'the claims are exactly those of the draft',
  () => {
    expect(signed()).toEqual({
      jti: 'jag-1',
      iss: 'https://acme.idp.example',
      sub: 'sub-1',
      aud: 'https://auth.chat.example',
      client_id: 'agent-at-chat',
      iat: 1_000,
      exp: 1_300,
      resource: 'https://mcp.chat.example/mcp',
      scope: 'chat.read chat.history',
      auth_time: 900,
      acr: 'phr',
      amr: ['mfa'],
    });
  },
);

verifies(['IDJ-14', 'IDJ-15', 'IDJ-16'], 'tenants, links and e-mail appear only where they are given', () => {
  expect(
    signed({ tenant: 't1', audTenant: 'org', audSub: 'acct', email: 'a@acme.example', emailVerified: true }),
  ).toMatchObject({
    tenant: 't1',
    aud_tenant: 'org',
    aud_sub: 'acct',
    email: 'a@acme.example',
    email_verified: true,
  });
  expect(signed({ emailVerified: true })).not.toHaveProperty('email_verified');
});

verifies('IDJ-10', 'one resource is a string, several are an array, none is absent', () => {
  expect(signed({ resources: ['https://a.example', 'https://b.example'] }).resource).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
  expect(signed({ resources: [] })).not.toHaveProperty('resource');
});

verifies('DPO-02', 'an ID-JAG is not bound to a key that nobody proved', () => {
  expect(signed()).not.toHaveProperty('cnf');
});

test('a session end travels along', () => {
  expect(signed({ sessionExpiry: 2_000, scope: [] })).toMatchObject({ session_expiry: 2_000 });
  expect(signed({ scope: [] })).not.toHaveProperty('scope');
});
