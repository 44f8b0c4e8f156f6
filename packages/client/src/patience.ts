import type { Clock } from '@crossgrant/protocol';

/** How long the client waits for a busy server, and how. */
export interface Patience {
  readonly attempts: number;
  readonly maxWaitMs: number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const firstWaitMs = 500;

/**
 * Sends a request until the answer is neither 429 nor 503, within the bounds of `patience`.
 *
 * The wait is what the server asked for plus up to a quarter, so that clients that were turned away together do not
 * come back together. A server that asks for more than the bound gets no further request. The last answer is returned.
 *
 * RFC 9110 §10.2.3.
 */
export async function sendPatiently(
  deps: { readonly patience: Patience; readonly clock: Clock },
  send: () => Promise<Response>,
): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send();
    if (!isBusy(response) || attempt >= deps.patience.attempts) return response;
    const waitMs = waitBeforeRetry(response, attempt, deps.clock(), deps.patience.random());
    if (waitMs > deps.patience.maxWaitMs) return response; // CLI-07
    await response.body?.cancel();
    await deps.patience.sleep(waitMs); // CLI-07
  }
}

export function isBusy(response: Response): boolean {
  return response.status === 429 || response.status === 503;
}

/** Milliseconds to wait: `Retry-After` as seconds or date, else growing from half a second; plus up to a quarter. */
export function waitBeforeRetry(response: Response, attempt: number, nowMs: number, random: number): number {
  const asked = retryAfterSeconds(response, nowMs);
  const waitMs = asked === undefined ? firstWaitMs * 2 ** (attempt - 1) : asked * 1000;
  return Math.round(waitMs * (1 + random / 4)); // CLI-07
}

export function retryAfterSeconds(response: Response, nowMs: number): number | undefined {
  const value = response.headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const date = /^[A-Za-z]{3,9}[, ]/.test(value) ? Date.parse(value) : Number.NaN; // "-1" would be read as a year
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - nowMs) / 1000));
}
