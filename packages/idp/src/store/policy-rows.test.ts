import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { PolicyUnreadable, readConnection, readRule } from './policy-rows.ts';
import type { ConnectionRow, RuleRow } from './schema.ts';

function rule(definition: string, effect = 'allow'): RuleRow {
  return {
    id: 'rul_1',
    tenant_id: 't',
    key: 'k',
    effect: effect as 'allow',
    state: 'active',
    definition,
    applied: null,
    created_at: 0,
    version: 1,
  };
}

verifies('LES-73', 'a rule that cannot be read is no rule: the whole policy is not read', () => {
  const whole = { users: [], groups: ['a'], everyone: false };
  expect(readRule(rule(JSON.stringify(whole))).groups).toEqual(['a']);
  const broken = [
    '{',
    '[]',
    'null',
    '{}',
    JSON.stringify({ ...whole, groups: 'a' }),
    JSON.stringify({ ...whole, users: [1] }),
    JSON.stringify({ ...whole, scopes: 'x' }),
    JSON.stringify({ ...whole, connections: {} }),
    JSON.stringify({ ...whole, tags: { clients: 'x' } }),
    JSON.stringify({ ...whole, connections: [] }),
    JSON.stringify({ ...whole, scopes: [] }),
    JSON.stringify({ ...whole, risks: [] }),
    JSON.stringify({ ...whole, tags: { resources: [] } }),
  ];
  for (const definition of broken) {
    expect(() => readRule(rule(definition)), definition).toThrow(PolicyUnreadable);
  }
  expect(() => readRule(rule(JSON.stringify(whole), 'maybe'))).toThrow(PolicyUnreadable);
  expect(() =>
    readConnection({ id: 'con_1', scopes: '[', resources: '[]', default_scopes: '[]' } as ConnectionRow),
  ).toThrow(PolicyUnreadable);
});
