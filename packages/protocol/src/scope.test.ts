import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { refusalResponse } from './refusals/response.ts';
import { intersect, isScopeToken, parseScope, union } from './scope.ts';

verifies('LES-30', 'a scope with characters that could leave a header is refused as invalid_scope', () => {
  for (const text of ['a"\r\nX:y', 'a\\b', 'a\tb', 'a\u00e9', 'a\u007f', ' a', 'a ', 'a  b', '', 'x'.repeat(5_000)]) {
    const parsed = parseScope(text);
    expect(parsed.ok, JSON.stringify(text)).toBe(false);
    if (!parsed.ok) expect(JSON.parse(refusalResponse(parsed.refusal, { id: 'i' }).body).error).toBe('invalid_scope');
  }
});

test('a scope is a set in the order given', () => {
  const parsed = parseScope('chat.read chat:write https://x.example/y chat.read');

  expect(parsed.ok && parsed.value).toEqual(['chat.read', 'chat:write', 'https://x.example/y']);
  expect(union(['a', 'b'], ['c', 'a'])).toEqual(['a', 'b', 'c']);
  expect(isScopeToken('')).toBe(false);
});

verifies(['RED-19', 'TEX-17'], 'an intersection holds what is in both', () => {
  expect(intersect(['a', 'b', 'c'], ['c', 'a', 'd'])).toEqual(['a', 'c']);
  expect(intersect(['a'], [])).toEqual([]);
});
