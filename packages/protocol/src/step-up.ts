import type { RefusalWire } from './result.ts';

/** What a sign-on must be like. All members must hold. */
export interface SignOnNeeds {
  /** Any one of these classes satisfies. */
  readonly acrValues?: readonly string[];
  readonly maxAgeSeconds?: number;
}

/** What a token says of the sign-on behind it. */
export interface SignOnFacts {
  readonly acr?: string;
  /** Seconds since the epoch. */
  readonly authTime?: number;
}

/**
 * Whether a sign-on is strong and fresh enough. What a token does not say is neither.
 *
 * RFC 9470 §3, §6.
 */
export function isSignOnEnough(signOn: SignOnFacts, needs: SignOnNeeds, nowSeconds: number): boolean {
  const { acrValues, maxAgeSeconds } = needs;
  const isStrong = acrValues === undefined || (signOn.acr !== undefined && acrValues.includes(signOn.acr));
  const isFresh =
    maxAgeSeconds === undefined || (signOn.authTime !== undefined && nowSeconds - signOn.authTime <= maxAgeSeconds);
  return isStrong && isFresh;
}

/** One demand that serves several: the classes they share and the smallest age. Where they share none, those of the first. */
export function strictestNeeds(needs: readonly SignOnNeeds[]): SignOnNeeds {
  const lists = needs.flatMap(({ acrValues }) => (acrValues === undefined ? [] : [acrValues]));
  const common = lists[0]?.filter((acr) => lists.every((list) => list.includes(acr)));
  const ages = needs.flatMap(({ maxAgeSeconds }) => maxAgeSeconds ?? []);
  return {
    ...(lists[0] && { acrValues: common?.length === 0 ? lists[0] : common }),
    ...(ages.length > 0 && { maxAgeSeconds: Math.min(...ages) }),
  };
}

/** The members of a response that ask for a better sign-on. RFC 9470 §3. */
export function stepUpWire({ acrValues, maxAgeSeconds }: SignOnNeeds): RefusalWire {
  return { acr_values: acrValues?.join(' '), max_age: maxAgeSeconds };
}

/** What is wrong with a demand as an operator wrote it; undefined when it can be asked for. */
export function needsProblem({ acrValues, maxAgeSeconds }: SignOnNeeds): string | undefined {
  if (acrValues === undefined && maxAgeSeconds === undefined) return 'demands nothing';
  if (acrValues?.length === 0) return 'names no class';
  if (acrValues?.every((acr) => /^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/.test(acr)) === false)
    return 'names a class with blanks, quotes or other text that cannot travel in a header';
  if (maxAgeSeconds !== undefined && (!Number.isSafeInteger(maxAgeSeconds) || maxAgeSeconds < 0))
    return 'has an age that is no whole number of seconds';
  return undefined;
}
