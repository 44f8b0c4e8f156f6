import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { sendPatiently, waitBeforeRetry } from './patience.ts';

const now = Date.UTC(2026, 10, 24, 12);
const busy = (retryAfter?: string) =>
  new Response(null, { status: 503, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });

verifies('CLI-07', 'the wait is what the server asked for, plus up to a quarter', () => {
  expect(waitBeforeRetry(busy('4'), 1, now, 0)).toBe(4_000);
  expect(waitBeforeRetry(busy('4'), 1, now, 0.999)).toBe(4_999);
  expect(waitBeforeRetry(busy('Tue, 24 Nov 2026 12:00:03 GMT'), 1, now, 0)).toBe(3_000);
  expect(waitBeforeRetry(busy('Tue, 24 Nov 2026 11:00:00 GMT'), 1, now, 0)).toBe(0);
});

verifies('CLI-07', 'without a usable wish the wait grows from half a second', () => {
  for (const wish of [undefined, 'soon', '-1', '1e9']) {
    expect([1, 2, 3].map((attempt) => waitBeforeRetry(busy(wish), attempt, now, 0))).toEqual([500, 1_000, 2_000]);
  }
});

verifies('CLI-07', 'the number of attempts and the length of each wait are bounded', async () => {
  const waits: number[] = [];
  const patience = { attempts: 3, maxWaitMs: 5_000, random: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  let sent = 0;
  const send = (retryAfter: string) => async () => {
    sent += 1;
    return busy(retryAfter);
  };
  expect((await sendPatiently({ patience, clock: () => now }, send('1'))).status).toBe(503);
  expect([sent, waits]).toEqual([3, [1_000, 1_000]]);
  await sendPatiently({ patience, clock: () => now }, send('6'));
  expect([sent, waits.length]).toEqual([4, 2]);
});
