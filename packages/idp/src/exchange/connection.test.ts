import type { ClientApp } from '@crossgrant/identity';
import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { connection, policy, resourceApp } from '../domain/policy/policy-fixture.ts';
import type { LiveState } from '../snapshot/live-state.ts';
import { findConnection } from './connection.ts';

const client = { id: 'app_agent', clientId: 'agent' } as unknown as ClientApp;

function code(over: { resourceClientId?: string; issuer?: string }, audience = 'https://auth.chat.example'): string {
  const live = {
    tenant: { issuer: over.issuer ?? 'https://idp.example' },
    resourceApp: () => resourceApp(),
    policy: policy({ connection: connection({ resourceClientId: 'agent-at-chat', ...over }) }),
  } as unknown as LiveState;
  const found = findConnection(live, client, audience);
  return found.ok ? found.value.connection.resourceClientId : found.refusal.code;
}

verifies(
  ['CID-01', 'CID-02'],
  'a connection without a client id at the resource yields nothing, not the id at the IdP',
  () => {
    expect(code({})).toBe('agent-at-chat');
    expect(code({ resourceClientId: '' })).toBe('exchange/client-unmapped');
  },
);

verifies(['TEX-23', 'ATK-38'], 'a resource app with this issuer is refused, in either spelling', () => {
  expect(code({ issuer: 'https://auth.chat.example' })).toBe('exchange/audience-self');
  expect(code({ issuer: 'https://auth.chat.example/' })).toBe('exchange/audience-self');
});
