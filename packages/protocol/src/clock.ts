/** Milliseconds since the epoch. Pure functions take `nowSeconds` instead. */
export type Clock = () => number;

/** Both ends of an artefact's life, in seconds since the epoch. */
export interface Acceptance {
  /** The artefact is accepted while `nowSeconds < acceptUntil`. */
  readonly acceptUntil: number;
  /** Its replay record may be forgotten from here on, never earlier. */
  readonly keepUntil: number;
}

/** How much longer a replay record lives than its artefact: covers rounding between seconds and milliseconds. */
const rememberedAfterSeconds = 1;

/**
 * The one place where the time of acceptance and the time of memory are computed, so that nothing is accepted
 * that is no longer remembered.
 *
 * RFC 7523 §3 (4, 7).
 */
export function acceptance(expSeconds: number, skewSeconds: number): Acceptance {
  const acceptUntil = expSeconds + skewSeconds;
  return { acceptUntil, keepUntil: acceptUntil + rememberedAfterSeconds };
}

/** Whole seconds since the epoch. */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}

/** Whether a JSON value can be a NumericDate here: a safe, non-negative integer. Text, fractions and 1e400 are not. */
export function isNumericDate(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
