import { timingSafeEqual } from 'node:crypto';
import type { DpopNonces } from '@crossgrant/protocol';
import type { SecretBox } from './secret-box.ts';

/** How long one nonce is given out; it is accepted for as long again. */
const periodSeconds = 150;

/**
 * Nonces of one server, without memory: the MAC of the period it is. Every process that holds the same key gives out and
 * accepts the same ones. A nonce is good in its own period and the next; one of the coming period too, since only a
 * replica whose clock is a little ahead can have made it.
 *
 * RFC 9449 §8, §9.
 */
export function createDpopNonces({ mac }: Pick<SecretBox, 'mac'>, server: string): DpopNonces {
  const known = new Map<number, string>();

  function nonceOf(period: number): string {
    const made = known.get(period);
    if (made !== undefined) return made;
    const nonce = mac('dpop-nonce', JSON.stringify([server, period]));
    for (const old of known.keys()) if (old < period - 2) known.delete(old);
    known.set(period, nonce);
    return nonce;
  }

  return {
    current: (nowSeconds) => nonceOf(Math.floor(nowSeconds / periodSeconds)),
    accepts(nonce, nowSeconds) {
      const period = Math.floor(nowSeconds / periodSeconds);
      return [period, period - 1, period + 1].some((one) => isSame(nonce, nonceOf(one)));
    },
  };
}

function isSame(found: string, expected: string): boolean {
  const [left, right] = [Buffer.from(found), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
