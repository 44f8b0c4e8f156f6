import { verifies } from '@crossgrant/testkit';
import { afterEach, beforeEach, expect } from 'vitest';
import type { ConnectionConfig, IdpConfig, PolicySection, ResourceAppConfig } from '../src/config.ts';
import { blockConnection, disablePerson, setClientAppState, setResourceAppState } from '../src/index.ts';
import { actor, type IdpWorld, people, policy, startIdpWorld } from './idp-world.ts';

let world: IdpWorld;
beforeEach(async () => {
  world = await startIdpWorld();
});
afterEach(() => world.close());

/** What a restart with this policy answers to the plain exchange of ada. */
async function answerAfter(change: PolicySection, over: Partial<IdpConfig> = {}): Promise<string> {
  const again = await world.replica({ ...over, policy: { ...policy, ...change } });
  const answer = await world.exchange({}, { at: again });
  return String(answer.body.error ?? answer.body.scope);
}

function withConnection(change: Partial<ConnectionConfig>): PolicySection {
  const isChat = (each: ConnectionConfig): boolean => each.client === 'agent' && each.resourceApp === 'chat';
  return { connections: policy.connections?.map((each) => (isChat(each) ? { ...each, ...change } : each)) };
}

function withChat(change: (app: ResourceAppConfig) => Partial<ResourceAppConfig>): PolicySection {
  return { resourceApps: policy.resourceApps?.map((app) => (app.id === 'chat' ? { ...app, ...change(app) } : app)) };
}

const stated: PolicySection = {
  clientApps: policy.clientApps?.map((app) => ({ ...app, state: 'active' })),
  resourceApps: policy.resourceApps?.map((app) => ({ ...app, state: 'active' })),
};
const statedPeople = people.map((person) => ({ ...person, state: 'active' as const }));

verifies(['ADM-02', 'LES-20'], 'no edit of the configuration lifts the block of a connection', async () => {
  const { database, tenantId } = world.idp;
  await blockConnection(database, tenantId, 'agent/chat', actor);
  expect(await answerAfter({})).toBe('access_denied');
  expect(await answerAfter(withConnection({ owner: 'Bo Kim' }))).toBe('access_denied');
  expect(await answerAfter(withConnection({ scopes: ['chat.read'], defaultScopes: ['chat.read'] }))).toBe(
    'access_denied',
  );
  const more = { identifier: 'https://chat.example/more', scopes: {} };
  expect(await answerAfter(withChat((app) => ({ resources: [...app.resources, more] })))).toBe('access_denied');
  expect(await answerAfter(withConnection({ state: 'blocked' }))).toBe('access_denied');
  expect(await answerAfter(withConnection({ state: 'approved' }))).toBe('chat.read');
});

verifies(['ADM-02', 'LES-20'], 'nor does a state that was stated before bring back an app or a person', async () => {
  const { database, tenantId } = world.idp;
  expect(await answerAfter(stated, { people: statedPeople })).toBe('chat.read');
  await setResourceAppState(database, tenantId, 'chat', 'disabled', actor);
  expect(await answerAfter(stated, { people: statedPeople })).not.toBe('chat.read');
  await setResourceAppState(database, tenantId, 'chat', 'active', actor);
  await setClientAppState(database, tenantId, 'agent', 'blocked', actor);
  expect(await answerAfter(stated, { people: statedPeople })).not.toBe('chat.read');
  await setClientAppState(database, tenantId, 'agent', 'active', actor);
  await disablePerson(database, tenantId, await world.userId('ada'), actor);
  expect(await answerAfter(stated, { people: statedPeople })).toBe('invalid_grant');
});

verifies('ADM-02', 'a scope whose meaning was changed is not approved by the next start', async () => {
  const raised = withChat((app) => ({
    resources: app.resources.map((resource) => ({
      ...resource,
      scopes: Object.fromEntries(
        Object.entries(resource.scopes).map(([scope, facts]) => [scope, { ...facts, version: 2 }]),
      ),
    })),
  }));
  expect(await answerAfter(raised)).toBe('access_denied');
  expect(await answerAfter({ ...raised, ...withConnection({ owner: 'Bo Kim' }) })).toBe('access_denied');
  const looked = withConnection({ scopes: ['chat.read'], defaultScopes: ['chat.read'] });
  expect(await answerAfter({ ...raised, ...looked })).toBe('chat.read');
});

verifies('ADM-01', 'a rule is withdrawn by its state, on every replica', async () => {
  const rules = (state: 'active' | 'disabled'): PolicySection => ({
    rules: policy.rules?.map((rule) => (rule.id === 'engineers' ? { ...rule, state } : rule)),
  });
  expect(await answerAfter({ rules: [] })).toBe('chat.read');
  expect(await answerAfter(rules('disabled'))).toBe('access_denied');
  expect((await world.exchange()).body.error).toBe('access_denied');
  expect(await answerAfter(rules('active'))).toBe('chat.read');
});

verifies('LES-21', 'an ID-JAG ends with its connection at the latest', async () => {
  const expiresAt = new Date(world.clock.nowMs + 90_500).toISOString();
  const again = await world.replica({ policy: { ...policy, ...withConnection({ expiresAt }) } });
  expect((await world.exchange({}, { at: again })).body.expires_in).toBe(90);
  world.clock.nowMs += 90_500;
  expect((await world.exchange({}, { at: again })).body.error).toBe('access_denied');
});

verifies('ADM-01', 'two resource apps of one issuer are one sentence', async () => {
  const renamed = withChat(() => ({ id: 'chat2' }));
  const connections = policy.connections?.map((each) =>
    each.resourceApp === 'chat' ? { ...each, resourceApp: 'chat2' } : each,
  );
  await expect(answerAfter({ ...renamed, connections, rules: [] })).rejects.toThrow(
    /resource apps chat and chat2 cannot share the issuer/,
  );
});
