/**
 * The first second whose authentications count again: strictly behind the latest revocation over all levels (everybody,
 * the person, the person at one connection, …). Undefined when nothing was ever revoked.
 *
 * `auth_time` knows whole seconds only, so a sign-on within the second of a revocation counts as before it.
 */
export function effectiveWatermark(levelsMs: readonly (number | undefined)[]): number | undefined {
  const set = levelsMs.filter((level) => level !== undefined);
  return set.length === 0 ? undefined : Math.floor(Math.max(...set) / 1000) + 1; // LES-75
}

export function isAfterWatermark(authTimeSeconds: number, levelsMs: readonly (number | undefined)[]): boolean {
  const watermark = effectiveWatermark(levelsMs);
  return watermark === undefined || authTimeSeconds >= watermark;
}
