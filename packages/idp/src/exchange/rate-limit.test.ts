import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { createRateLimiter } from './rate-limit.ts';

verifies('TEX-28', 'requests beyond the limit wait for the end of the minute', () => {
  const limiter = createRateLimiter(2);
  expect([limiter('a', 0), limiter('a', 1_000), limiter('a', 2_000), limiter('b', 2_000)]).toEqual([0, 0, 58, 0]);
  expect(limiter('a', 60_000)).toBe(0);
});

test('inventing names neither grows the process nor frees a count', () => {
  const limiter = createRateLimiter(2, 3);
  limiter('a', 0);
  limiter('a', 0);
  for (let index = 0; index < 100; index += 1) limiter(`x${index}`, 0);
  expect(limiter('a', 0)).toBeGreaterThan(0);
  expect(limiter('new', 0)).toBeGreaterThan(0);
});

test('a clock that goes back starts afresh', () => {
  const limiter = createRateLimiter(1);
  limiter('a', 100_000);
  expect(limiter('a', 0)).toBe(0);
});
