import { verifies } from '@crossgrant/testkit';
import * as oauth from 'oauth4webapi';
import { afterEach, expect } from 'vitest';
import { createDeps } from '../src/deps.ts';
import { findAuthorizationServer } from '../src/discovery/authorization-server.ts';
import { discover } from '../src/discovery/discover.ts';
import { checkIdJag } from '../src/id-jag-check.ts';
import { redeemIdJag } from '../src/redemption.ts';
import { askTokenEndpoint } from '../src/token-endpoint.ts';
import { expectFailure } from './expect-failure.ts';
import { metadata, startWorld, type World } from './fake-parties.ts';

let world: World;
afterEach(() => world.close());

/** The last check before something leaves, for callers that would get the parts mixed up. */
verifies(['CAU-07', 'LES-91', 'ATK-15'], 'credentials do not leave for a server of another issuer', async () => {
  world = await startWorld();
  const deps = createDeps(world.options, () => world.client);
  world.stranger.answer('GET /.well-known/oauth-authorization-server', () => metadata(world.stranger.url));
  const stranger = await findAuthorizationServer(deps, world.stranger.url);
  for (const credentials of [deps.idp, ...deps.resourceServers.values()]) {
    const ask = askTokenEndpoint(deps, 'redeem', stranger, credentials, (server, client, auth, options) =>
      oauth.genericTokenEndpointRequest(server, client, auth, 'urn:x', { assertion: 'a' }, options),
    );
    await expectFailure(ask, 'issuer_mismatch', 'redeem');
  }
  expect(world.secretsSeenBy(world.stranger)).toEqual([]);
});

verifies(['CLI-04', 'ATK-14'], 'an ID-JAG does not leave for a server it was not made for', async () => {
  world = await startWorld();
  const deps = createDeps(world.options, () => world.client);
  const target = await discover(deps, world.resource);
  const verdict = checkIdJag(world.idJag({ aud: world.stranger.url }), {
    identityProvider: world.idp.url,
    audience: world.stranger.url,
    clientId: 'agent-at-chat',
    resource: world.resource,
    thumbprint: undefined,
  });
  if (!verdict.ok) throw new Error(verdict.claim);
  const redeem = redeemIdJag(deps, target, { idJag: verdict.idJag, scopes: undefined }, undefined);
  await expectFailure(redeem, 'id_jag_mismatch', 'redeem');
  expect(world.secretsSeenBy(world.ras)).toEqual([]);
});
