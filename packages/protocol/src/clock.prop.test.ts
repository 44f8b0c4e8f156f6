import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptance, isNumericDate, toSeconds } from './clock.ts';

verifies('LES-26', 'whatever is accepted at an instant is still remembered at that instant', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 2 ** 43 }),
      (exp, skew, at) => {
        const { acceptUntil, keepUntil } = acceptance(exp, skew);
        const isAccepted = toSeconds(at) < acceptUntil;
        const isRemembered = at < keepUntil * 1000;
        return !isAccepted || isRemembered;
      },
    ),
  );
});

verifies('LES-26', 'the last second of acceptance lies within memory', () => {
  const { acceptUntil, keepUntil } = acceptance(1_000, 30);

  expect(acceptUntil).toBe(1_030);
  expect(keepUntil).toBeGreaterThan(acceptUntil);
});

test.each([
  ['0', true],
  ['1795478400', true],
  ['-1', false],
  ['1e400', false],
  ['1e308', false],
  ['1.5', false],
  ['"1"', false],
  ['null', false],
])('NumericDate %s: %s', (text, expected) => {
  expect(isNumericDate(JSON.parse(text))).toBe(expected);
});
