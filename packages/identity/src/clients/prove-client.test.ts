import { pinnedIssuerKeys, secretBoxFromKey } from '@crossgrant/platform';
import { toSeconds } from '@crossgrant/protocol';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import type { ClientApp } from './client-app.ts';
import { clientApp } from './client-app-fixture.ts';
import { type ProofDeps, proveClientApp, readClientClaim } from './prove-client.ts';

const issuer = 'https://acme.idp.example';
const key = generateSigningKey('ES256');
const nowMs = 1_795_478_400_000;
const keys = pinnedIssuerKeys({ keys: [key.publicJwk] });
const deps: ProofDeps = {
  secretBox: secretBoxFromKey(new Uint8Array(32)),
  nowMs,
  issuer,
  tokenEndpoint: `${issuer}/token`,
  clientKeys: () => keys,
};
const app = clientApp({ tokenEndpointAuthMethods: ['private_key_jwt'] });

/** What becomes of an app that shows a good assertion. */
async function prove(over: Partial<ClientApp> = {}, signer = key): Promise<string> {
  const now = toSeconds(nowMs);
  const claims = { iss: 'agent', sub: 'agent', aud: issuer, jti: 'once', iat: now, exp: now + 60 };
  const assertion = signJws(signer, 'client-authentication+jwt', claims);
  const claim = readClientClaim({ method: 'private_key_jwt', clientId: undefined, assertion });
  if (!claim.ok) return claim.refusal.code;
  const proven = await proveClientApp({ ...app, ...over }, claim.value, deps);
  return proven.ok ? `proven by ${proven.value.clientAssertion?.jti}` : proven.refusal.code;
}

verifies(['LES-28', 'LES-20', 'CAU-02'], 'an assertion proves an active app that is registered for one', async () => {
  expect(await prove()).toBe('proven by once');
  expect(await prove({ tokenEndpointAuthMethods: ['client_secret_basic'] })).toBe('client/method');
  expect(await prove({ state: 'blocked' })).toBe('client/blocked');
  expect(await prove({}, { ...generateSigningKey('ES256'), kid: key.kid })).toMatch(/^client\/assertion/);
});
