import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { expectRefusal, redeemed } from './expect-refusal.ts';
import { createWorld, governed, idJag, mcpResource, otherResource, payloadOf } from './support.ts';

verifies(['RED-16', 'ATK-30', 'ATK-31'], 'one resource that is not governed here refuses the whole grant', async () => {
  const world = createWorld();
  for (const resource of [
    'https://mcp.chat.example/mcp-admin',
    'https://mcp.chat.example/mcp/',
    'https://mcp.chat.example/',
    [mcpResource, 'https://foreign.example/mcp'],
    `${mcpResource}?x=1`,
  ]) {
    await expectRefusal(world, idJag({ resource }), 'assertion/resource-foreign');
  }
  for (const resource of [
    `${mcpResource}#x`,
    'https://u@mcp.chat.example/mcp',
    'https://mcp.chat.example/x/../mcp',
    'mcp',
    7,
    {},
    [],
    [mcpResource, 7],
    null,
  ]) {
    await expectRefusal(world, idJag({ resource }), 'assertion/resource-malformed');
  }
});

verifies('RED-16', 'an issuer opens only the resources of its trust entry', async () => {
  const world = createWorld({ trusted: { resources: [otherResource], defaultResource: otherResource } });
  await expectRefusal(world, idJag(), 'assertion/resource-foreign');
  await redeemed(world, idJag({ resource: otherResource }));
});

verifies(
  'RED-16',
  'resources are compared after syntax normalisation: an origin-only one may have gained its slash',
  async () => {
    const world = createWorld();
    world.change({ resources: [governed('https://api.chat.example')] });
    const body = await redeemed(world, idJag({ resource: 'HTTPS://API.chat.example:443/' }), {
      form: { resource: 'https://api.chat.example/' },
    });
    expect(body.resource).toBe('https://api.chat.example');
    expect(payloadOf(body.access_token).aud).toBe('https://api.chat.example');
  },
);

verifies(['RED-17', 'ATK-30'], 'the request may narrow the claim and never leave it', async () => {
  const world = createWorld();
  const both = { resource: [mcpResource, otherResource] };
  expect((await redeemed(world, idJag(both), { form: { resource: otherResource } })).resource).toBe(otherResource);
  await expectRefusal(world, idJag(), 'assertion/resource-not-within', { form: { resource: otherResource } });
  await expectRefusal(world, idJag(both), 'assertion/resource-not-within', {
    form: { resource: 'https://foreign.example/mcp' },
  });
  await expectRefusal(world, idJag(both), 'request/resource-malformed', { form: { resource: `${mcpResource}#x` } });
});

verifies('RED-17', 'without a claim the requested resource must be governed and open to the issuer', async () => {
  const world = createWorld({ trusted: { resources: [mcpResource], defaultResource: undefined } });
  expect((await redeemed(world, idJag({ resource: undefined }), { form: { resource: mcpResource } })).resource).toBe(
    mcpResource,
  );
  await expectRefusal(world, idJag({ resource: undefined }), 'assertion/resource-not-within', {
    form: { resource: otherResource },
  });
});

verifies(
  'RED-18',
  'without any resource the configured default is the audience, and without a default there is none',
  async () => {
    const body = await redeemed(createWorld(), idJag({ resource: undefined }));
    expect([body.resource, payloadOf(body.access_token).aud]).toEqual([mcpResource, mcpResource]);
    await expectRefusal(
      createWorld({ trusted: { defaultResource: undefined } }),
      idJag({ resource: undefined }),
      'assertion/resource-missing',
    );
  },
);

verifies(
  'RED-18',
  'several claimed resources become the default among them, or a refusal; never two audiences',
  async () => {
    const both = { resource: [mcpResource, otherResource] };
    expect((await redeemed(createWorld(), idJag(both))).resource).toBe(mcpResource);
    await expectRefusal(
      createWorld({ trusted: { defaultResource: undefined } }),
      idJag(both),
      'assertion/resource-ambiguous',
    );
    const third = createWorld({ trusted: { defaultResource: 'https://third.example/mcp' } });
    third.change({ resources: [...third.content.resources, governed('https://third.example/mcp')] });
    await expectRefusal(third, idJag(both), 'assertion/resource-ambiguous');
    expect(
      (
        await redeemed(
          createWorld({ trusted: { defaultResource: undefined } }),
          idJag({ resource: [otherResource, otherResource] }),
        )
      ).resource,
    ).toBe(otherResource);
  },
);

verifies(['RED-19', 'ATK-27'], 'the granted scope is within request, claim, resource and client', async () => {
  const granted = async (
    world: ReturnType<typeof createWorld>,
    claimed: string,
    requested?: string,
  ): Promise<unknown> => (await redeemed(world, idJag({ scope: claimed }), { form: { scope: requested } })).scope;
  expect(await granted(createWorld(), 'chat.read chat.history')).toBe('chat.read chat.history');
  expect(await granted(createWorld(), 'chat.read', 'chat.read chat.history chat.admin')).toBe('chat.read');
  expect(await granted(createWorld(), 'chat.read chat.history', 'chat.history')).toBe('chat.history');
  expect(await granted(createWorld(), 'chat.read chat.admin')).toBe('chat.read');
  expect(await granted(createWorld({ client: { scopes: ['chat.read'] } }), 'chat.read chat.history')).toBe('chat.read');
});

verifies('RED-19', 'nothing left is a refusal, and so is a malformed request', async () => {
  await expectRefusal(createWorld(), idJag({ scope: 'chat.read' }), 'assertion/scope-empty', {
    form: { scope: 'chat.history' },
  });
  await expectRefusal(createWorld(), idJag({ scope: 'mail.read' }), 'assertion/scope-empty');
  const linking = { jit: false, email: false, verifiedDomains: [], audSub: false };
  await expectRefusal(createWorld({ trusted: { linking } }), idJag({ scope: 'mail.read' }), 'assertion/scope-empty');
  await expectRefusal(createWorld({ client: { scopes: [] } }), idJag(), 'assertion/scope-empty');
  await expectRefusal(createWorld(), idJag(), 'request/scope-malformed', { form: { scope: 'a"\r\nX:y' } });
});

verifies(['RED-20', 'ATK-27'], 'a claim without scope means the configured defaults, never everything', async () => {
  const body = await redeemed(createWorld(), idJag({ scope: undefined }), {
    form: { scope: 'chat.read chat.history' },
  });
  expect(body.scope).toBe('chat.read');
  for (const defaultScopes of [undefined, []]) {
    await expectRefusal(
      createWorld({ trusted: { defaultScopes } }),
      idJag({ scope: undefined }),
      'assertion/scope-no-default',
    );
  }
});

verifies('RED-22', 'scopes of another resource do not come along', async () => {
  const world = createWorld();
  world.change({
    resources: [governed(mcpResource, { scopes: ['chat.read'] }), governed(otherResource, { scopes: ['files.read'] })],
  });
  const claims = { resource: [mcpResource, otherResource], scope: 'chat.read files.read' };
  expect((await redeemed(world, idJag(claims), { form: { resource: otherResource } })).scope).toBe('files.read');
});
