import { verifies } from '@crossgrant/testkit';
import { afterEach, expect } from 'vitest';
import { clientSecretBasic, createCrossgrantClient } from '../src/index.ts';
import { expectFailure } from './expect-failure.ts';
import { metadata, startWorld, type World } from './fake-parties.ts';
import { hold } from './slow-store.ts';

let world: World;
afterEach(() => world.close());

verifies('ATK-15', 'of two look-ups at the same time the first one to end pins the authorization server', async () => {
  world = await startWorld();
  const second = { clientId: 'agent-elsewhere', auth: clientSecretBasic('other-secret-1') };
  const resourceServers = { ...world.options.resourceServers, [world.stranger.url]: second };
  const client = createCrossgrantClient({ ...world.options, resourceServers });
  const session = await client.adoptSignOn({ idToken: await world.idToken() });
  const request = { session: session.id, resource: world.resource };

  const prmPath = 'GET /.well-known/oauth-protected-resource/mcp';
  const naming = (issuer: string) => ({ json: { resource: world.resource, authorization_servers: [issuer] } });
  const late = hold();
  world.stranger.answer('GET /.well-known/oauth-authorization-server', async () => {
    await late.pass();
    return metadata(world.stranger.url);
  });
  world.mcp.answer(prmPath, () => naming(world.stranger.url));
  const moved = client.accessToken(request);
  moved.catch(() => undefined);
  await late.reached;
  world.mcp.answer(prmPath, () => naming(world.ras.url));
  const token = await client.accessToken(request);
  late.release();
  await expectFailure(moved, 'authorization_server_changed', 'discovery');
  expect(world.secretsSeenBy(world.stranger)).toEqual([]);
  expect((await client.accessToken(request)).value).toBe(token.value);
});
