import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { remembering } from './remembering.ts';

test('what was computed is not computed again', () => {
  const asked: string[] = [];
  const upper = remembering((text) => {
    asked.push(text);
    return text.toUpperCase();
  });
  expect([upper('a'), upper('a'), upper('b')]).toEqual(['A', 'A', 'B']);
  expect(asked).toEqual(['a', 'b']);
});

verifies('LES-84', 'ever new and overlong texts never fill the memory', () => {
  let computed = 0;
  const count = remembering(() => ++computed, { maximumEntries: 2, maximumCharacters: 3 });
  expect([count('a'), count('b'), count('a')]).toEqual([1, 2, 1]);
  count('c');
  expect(count('a'), 'the third made room').toBe(4);
  expect([count('long'), count('long')]).toEqual([5, 6]);
});
