import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { chooseScopes, compareScopes } from './scope-choice.ts';

verifies('MCP-12', 'the caller goes before the challenge, the challenge before the metadata', () => {
  expect(chooseScopes({ asked: ['a'], challenged: ['b'], supported: ['c'] })).toEqual(['a']);
  expect(chooseScopes({ asked: [], challenged: ['b'], supported: ['c'] })).toEqual(['b']);
  expect(chooseScopes({ supported: ['c', 'd', 'c'] })).toEqual(['c', 'd']);
  expect(chooseScopes({ asked: [], challenged: [], supported: [] })).toBeUndefined();
  expect(chooseScopes({ supported: ['not a "token"'] })).toBeUndefined();
});

verifies('MCP-12', 'what earlier calls needed is added', () => {
  expect(chooseScopes({ asked: ['a'], needed: ['b', 'a'] })).toEqual(['a', 'b']);
  expect(chooseScopes({ challenged: ['a'], needed: ['b'] })).toEqual(['a', 'b']);
  expect(chooseScopes({ needed: ['a', 'b'], supported: ['c'] })).toEqual(['a', 'b']);
});

verifies('CLI-08', 'the difference names both directions, and is empty where nobody told', () => {
  expect(compareScopes(['a', 'b'], ['b', 'c'])).toEqual({ missing: ['a'], extra: ['c'] });
  expect(compareScopes(undefined, ['a'])).toEqual({ missing: [], extra: [] });
  expect(compareScopes(['a'], undefined)).toEqual({ missing: [], extra: [] });
});
