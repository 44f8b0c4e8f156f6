import type { ClientApp, RefreshTokenFacts, StoredRefreshToken } from '@crossgrant/identity';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { readRefreshToken } from './refresh-token-subject.ts';

const confidential = {
  clientId: 'agent',
  refreshTokens: true,
  tokenEndpointAuthMethods: ['client_secret_basic'],
} as unknown as ClientApp;
const open = { ...confidential, tokenEndpointAuthMethods: ['none'] } as unknown as ClientApp;
const facts: RefreshTokenFacts = {
  userId: 'usr_1',
  clientId: 'agent',
  grantId: 'grant-1',
  sid: 'sid-1',
  authTime: 1_000,
  acr: 'pwd',
  amr: ['pwd'],
  scope: ['openid'],
  boundTo: undefined,
};

async function judge(
  over: Partial<RefreshTokenFacts>,
  client: ClientApp,
  provenKey?: string,
  state: 'live' | 'rotated' = 'live',
): Promise<string> {
  const known = { ...facts, ...over };
  const found: StoredRefreshToken =
    state === 'live' ? { state, facts: known, session: undefined } : { state, facts: known };
  const read = await readRefreshToken({ find: async () => found }, 'text', { client, provenKey });
  if (!read.ok) return read.refusal.code;
  return read.value.reusedGrant === undefined ? 'accepted' : 'reused';
}

verifies(
  ['DEL-04', 'TEX-10'],
  'a public client is heard only with a token that is bound to the key it proves',
  async () => {
    expect(await judge({}, confidential)).toBe('accepted');
    expect(await judge({}, open)).toBe('client/public');
    expect(await judge({}, open, 'key-1')).toBe('client/public');
    expect(await judge({ boundTo: 'key-1' }, open, 'key-1')).toBe('accepted');
  },
);

verifies('TEX-10', 'a bound token needs its own key, whoever the client is', async () => {
  for (const client of [confidential, open])
    for (const key of [undefined, 'key-2'])
      expect(await judge({ boundTo: 'key-1' }, client, key)).toBe('subject-token/refresh-token');
  expect(await judge({ boundTo: 'key-1' }, confidential, 'key-1')).toBe('accepted');
});

verifies(
  ['RTK-03', 'LES-23'],
  'reuse is told before all else but the client, so that a stranger cannot end a family',
  async () => {
    expect(await judge({ boundTo: 'key-1' }, open, undefined, 'rotated')).toBe('reused');
    expect(await judge({ clientId: 'other' }, confidential, undefined, 'rotated')).toBe('subject-token/refresh-token');
  },
);
