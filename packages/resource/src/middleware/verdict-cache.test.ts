import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect } from 'vitest';
import { createVerdictCache, verdictKey } from './verdict-cache.ts';

verifies('LES-36', 'a verdict is keyed by the whole token and its resource', () => {
  const prefix = 'x'.repeat(200);

  expect(verdictKey(`${prefix}a`, 'https://r.example')).not.toBe(verdictKey(`${prefix}b`, 'https://r.example'));
  expect(verdictKey('t', 'https://a.example')).not.toBe(verdictKey('t', 'https://b.example'));
});

verifies('LES-39', 'different pairs of token and resource have different keys', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ':', '1') });
  fc.assert(
    fc.property(text, text, text, text, (tokenA, resourceA, tokenB, resourceB) => {
      const isSame = tokenA === tokenB && resourceA === resourceB;
      expect(verdictKey(tokenA, resourceA) === verdictKey(tokenB, resourceB)).toBe(isSame);
    }),
    { numRuns: 1_000 },
  );
});

verifies('LES-36', 'the memory is bounded, and the oldest verdict goes first', () => {
  const cache = createVerdictCache<number>(3);
  for (let count = 0; count < 1_000; count++) cache.keep(`k${count}`, count);

  expect(cache.size).toBe(3);
  expect(cache.find('k999')).toBe(999);
  expect(cache.find('k0')).toBeUndefined();
});
