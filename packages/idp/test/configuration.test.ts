import { readEpoch } from '@crossgrant/platform';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { blockConnection } from '../src/index.ts';
import { actor, files, mcp, policy, startIdpWorld } from './idp-world.ts';

test('a restart with the same configuration writes nothing, and keeps what an admin blocked', async () => {
  const world = await startIdpWorld();
  const { idp } = world;
  const epoch = await readEpoch(idp.database, idp.tenantId);
  await blockConnection(idp.database, idp.tenantId, 'agent/chat', actor);
  const again = await world.replica();
  expect(await readEpoch(idp.database, idp.tenantId)).toBe(epoch + 1);
  expect((await world.exchange({}, { at: again })).body.error).toBe('access_denied');
  await world.close();
});

verifies(
  ['TEX-17', 'TEX-18'],
  'resources of the audience that the connection does not reach are left out, and all of them are nothing',
  async () => {
    const connections = policy.connections?.map((each) =>
      each.resourceApp === 'chat' ? { ...each, resources: [mcp], defaultResource: undefined } : each,
    );
    const world = await startIdpWorld({ policy: { connections } });
    expect((await world.exchange({ resource: [mcp, files] })).body.resource).toBe(mcp);
    const refused = await world.exchange({ resource: files });
    expect(refused.body.error).toBe('invalid_target');
    expect(await world.audit(refused.id)).toMatchObject({ code: 'policy/no-resource' });
    await world.close();
  },
);

verifies('TEX-15', 'several resources without a default must be named', async () => {
  const connections = policy.connections?.map((each) => ({ ...each, defaultResource: undefined }));
  const world = await startIdpWorld({ policy: { connections } });
  const refused = await world.exchange({ resource: undefined });
  expect(refused.body.error).toBe('invalid_target');
  expect(await world.audit(refused.id)).toMatchObject({ code: 'exchange/resource-ambiguous' });
  await world.close();
});

verifies('LES-73', 'a policy that cannot be read grants nothing', async () => {
  const world = await startIdpWorld();
  const { database, tenantId } = world.idp;
  expect((await world.exchange()).status).toBe(200);
  await database.kysely
    .updateTable('rules')
    .set({ definition: '{', version: 1_000_000 })
    .where('tenant_id', '=', tenantId)
    .execute();
  await blockConnection(database, tenantId, 'agent/wiki', actor);
  expect((await world.exchange()).status).toBeGreaterThanOrEqual(500);
  await world.close();
});

verifies(['IDJ-08', 'LES-73', 'ADM-01'], 'mistakes in the policy are one sentence at start', async () => {
  const [chat, ...others] = policy.connections ?? [];
  const everyone = { id: 'r', effect: 'deny' as const, everyone: true };
  const mistakes: [Parameters<typeof startIdpWorld>[0], string][] = [
    [
      { policy: { connections: [{ ...chat!, resources: ['https://elsewhere.example/'] }, ...others] } },
      'policy/connection-resource',
    ],
    [{ policy: { connections: [{ ...chat!, lifetimeSeconds: 601 }, ...others] } }, 'policy/lifetime'],
    [{ policy: { connections: [{ ...chat!, client: 'nobody' }], rules: [] } }, 'policy/connection-client'],
    [{ policy: { connections: [{ ...chat!, resourceApp: 'nothing' }], rules: [] } }, 'policy/connection-resource-app'],
    [{ policy: { connections: [{ ...chat!, expiresAt: 'tomorrow' }, ...others] } }, 'policy/instant'],
    [{ policy: { rules: [{ id: 'r', effect: 'allow', users: ['nobody'] }] } }, 'policy/rule-user'],
    [{ policy: { rules: [{ id: 'r', effect: 'allow' }] } }, 'policy/rule-who'],
    [{ policy: { rules: [everyone, { ...everyone, effect: 'allow' }] } }, 'policy/rule-twice'],
    [{ policy: { rules: [{ ...everyone, connections: [] }] } }, 'policy/rule-empty-list'],
    [{ policy: { rules: [{ ...everyone, tags: { clients: [] } }] } }, 'policy/rule-empty-list'],
    [{ policy: { connections: [chat!, chat!] } }, 'policy/connection-twice'],
    [
      { policy: { rules: [{ id: 'r', effect: 'allow', everyone: true, connections: ['a/b'] }] } },
      'policy/rule-connection',
    ],
  ];
  for (const [options, code] of mistakes) {
    await expect(startIdpWorld(options), code).rejects.toThrow(expect.objectContaining({ code }));
  }
});
