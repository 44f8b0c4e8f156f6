/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle)
    ? ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
    : (sorted[Math.floor(middle)] ?? 0);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Ratios of two series round by round: what disturbs the machine for a while disturbs both. */
export function ratiosOf(
  ours: readonly number[],
  theirs: readonly number[],
): { ratio: number; spread: [number, number] } {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return { ratio: twoPlaces(median(ratios)), spread: [twoPlaces(Math.min(...ratios)), twoPlaces(Math.max(...ratios))] };
}

export function twoPlaces(value: number): number {
  return Math.round(value * 100) / 100;
}
