/** Says how many seconds to wait, or 0 when the request may go on. */
export type RateLimiter = (key: string, nowMs: number) => number;

const windowMs = 60_000;

/**
 * Counts requests per key in windows of one minute.
 *
 * Memory is bounded by `maximumKeys`. When that many keys were seen within one window, keys not yet counted share one
 * count, so that inventing names neither frees anybody else's count nor grows the process.
 *
 * EMA+ §7.5.1.
 */
export function createRateLimiter(perMinute: number, maximumKeys = 50_000): RateLimiter {
  let counts = new Map<string, number>();
  let windowStart = 0;

  return (key, nowMs) => {
    if (nowMs - windowStart >= windowMs || nowMs < windowStart) {
      counts = new Map();
      windowStart = nowMs;
    }
    const counted = counts.has(key) || counts.size < maximumKeys ? key : '';
    const count = (counts.get(counted) ?? 0) + 1;
    counts.set(counted, count);
    return count > perMinute ? Math.max(1, Math.ceil((windowStart + windowMs - nowMs) / 1000)) : 0;
  };
}
