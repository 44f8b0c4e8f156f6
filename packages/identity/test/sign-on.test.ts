import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import { verifies } from '@crossgrant/testkit';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, expect } from 'vitest';
import { alice, askSignOn, loopback, redeemCallback, type SignOnWorld, startSignOnWorld } from './sign-on-world.ts';

const person = { username: 'alice', password: alice.password ?? '' };
let world: SignOnWorld;

beforeAll(async () => {
  world = await startSignOnWorld();
});
afterAll(() => world.close());

verifies(['SSO-01', 'SSO-02', 'SSO-03'], 'a certified relying party signs a person on by code, PKCE, state, nonce and iss', async () => {
  const asked = await askSignOn(world);
  const callback = await signOn(createRobotBrowser(), asked.url, person);
  expect(callback.searchParams.get('iss')).toBe(world.issuer);
  const { response, claims } = await redeemCallback(world, asked, callback);
  expect(claims).toMatchObject({ iss: world.issuer, aud: 'agent', nonce: asked.nonce, acr: 'urn:crossgrant:acr:password', amr: ['pwd'] });
  expect(claims.sid).toMatch(/^[\w-]{40,}$/);
  expect(claims.auth_time).toBeGreaterThan(0);
  expect(claims.exp - claims.iat).toBe(600);
  expect(response.refresh_token).toBeDefined();
});

verifies('SSO-04', 'userinfo answers what the scopes name', async () => {
  const asked = await askSignOn(world);
  const { response, claims } = await redeemCallback(world, asked, await signOn(createRobotBrowser(), asked.url, person));
  const server = await world.metadata();
  const answer = await oauth.userInfoRequest(server, { client_id: 'agent' }, response.access_token, loopback);
  const info = await oauth.processUserInfoResponse(server, { client_id: 'agent' }, claims.sub, answer);
  expect(info).toEqual({ sub: claims.sub, preferred_username: 'alice', name: 'Alice Ng', email: 'Alice@acme.example', email_verified: true });
});
