import { secretBoxFromKey } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { authenticateClient } from './authenticate-client.ts';
import { clientApp } from './client-app-fixture.ts';
import { clientSecretMac, isSameMac } from './client-secret.ts';

const secretBox = secretBoxFromKey(new Uint8Array(32).fill(7));
const deps = { secretBox, nowMs: 1_000 };
const owner = { tenantId: 'ten_1', clientId: 'agent' };
const app = clientApp({
  secretMacs: [
    { mac: clientSecretMac(secretBox, owner, 'right') },
    { mac: clientSecretMac(secretBox, owner, 'old'), expiresAt: 1_000 },
  ],
});
const post = (secret: string, clientId = 'agent') => ({ method: 'client_secret_post', clientId, secret }) as const;

function codeOf(result: ReturnType<typeof authenticateClient>): string {
  return result.ok ? 'proven' : result.refusal.code;
}

verifies(
  ['CAU-06', 'CAU-08', 'LES-28', 'LES-20'],
  'the client is proven by a live secret of its own, by a registered method',
  () => {
    expect(codeOf(authenticateClient(app, post('right'), deps))).toBe('proven');
    expect(codeOf(authenticateClient(app, post('old'), { ...deps, nowMs: 999 }))).toBe('proven');
    expect(codeOf(authenticateClient(app, post('old'), deps))).toBe('client/secret');
    expect(codeOf(authenticateClient(app, post('wrong'), deps))).toBe('client/secret');
    expect(codeOf(authenticateClient(app, post('right', 'other'), deps))).toBe('client/unknown');
    expect(codeOf(authenticateClient(undefined, post('right'), deps))).toBe('client/unknown');
    expect(
      codeOf(authenticateClient(app, { method: 'client_secret_basic', clientId: 'agent', secret: 'right' }, deps)),
    ).toBe('client/method');
    expect(codeOf(authenticateClient(app, { method: 'none', clientId: 'agent' }, deps))).toBe('client/method');
    expect(codeOf(authenticateClient({ ...app, state: 'blocked' }, post('right'), deps))).toBe('client/blocked');
    expect(
      codeOf(
        authenticateClient(
          { ...app, tokenEndpointAuthMethods: ['private_key_jwt'] },
          { method: 'private_key_jwt', clientId: 'agent', assertion: 'a.b.c' },
          deps,
        ),
      ),
    ).toBe('client/secret');
  },
);

verifies('LES-39', 'a secret counts for one client of one tenant, however their names are joined', () => {
  const mac = (tenantId: string, clientId: string, secret: string) =>
    clientSecretMac(secretBox, { tenantId, clientId }, secret);
  expect(mac('a:b', 'c', 's')).not.toBe(mac('a', 'b:c', 's'));
  expect(mac('a', 'b', 'c","s')).not.toBe(mac('a', 'b","c', 's'));
  expect(isSameMac('abc', 'abcd')).toBe(false);
});
