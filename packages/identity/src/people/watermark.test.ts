import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { effectiveWatermark, isAfterWatermark } from './watermark.ts';

verifies('LES-75', 'the latest of all levels counts, and a sign-on of the same second is before it', () => {
  expect(effectiveWatermark([undefined, undefined])).toBeUndefined();
  for (const levels of [
    [10_300, undefined],
    [undefined, 10_300],
    [10_300, 1_000],
    [1_000, 10_300],
  ]) {
    expect(isAfterWatermark(10, levels)).toBe(false);
    expect(isAfterWatermark(11, levels)).toBe(true);
  }
  expect(isAfterWatermark(10, [10_000])).toBe(false);
  expect(isAfterWatermark(11, [10_000])).toBe(true);
});
