import type { Clock } from '@crossgrant/protocol';
import type { Kysely } from 'kysely';
import type { ResourceSchema } from './schema.ts';

/** An expired token is kept for a day, so that a late look at it still finds what it came from. */
const keptAfterExpiryMs = 24 * 60 * 60_000;
const everyMs = 60_000;
const rowsAtOnce = 500;

/** Removes tokens long past their expiry, a few at a time. Returns how to stop. */
export function startTokenSweep(
  kysely: Kysely<ResourceSchema>,
  clock: Clock,
  onProblem: (error: unknown) => void = () => undefined,
): () => void {
  const timer = setInterval(() => {
    sweepTokens(kysely, clock() - keptAfterExpiryMs).catch(onProblem);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** One bounded sweep, so that nobody waits long behind it. */
export async function sweepTokens(kysely: Kysely<ResourceSchema>, expiredBefore: number): Promise<number> {
  const old = kysely
    .selectFrom('issued_tokens')
    .select('token_id')
    .where('expires_at', '<', expiredBefore)
    .limit(rowsAtOnce);
  const result = await kysely.deleteFrom('issued_tokens').where('token_id', 'in', old).executeTakeFirst();
  return Number(result.numDeletedRows);
}
