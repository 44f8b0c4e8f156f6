/**
 * A pure function of one text that keeps its results, for texts that come again and again. At most `maximumEntries` are
 * kept, and none of a text longer than `maximumCharacters`: whoever sends ever new ones makes it slower, never bigger.
 */
export function remembering<T>(
  compute: (text: string) => T,
  { maximumEntries = 1_000, maximumCharacters = 256 } = {},
): (text: string) => T {
  const known = new Map<string, T>();

  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = compute(text);
    if (text.length > maximumCharacters) return result;
    if (known.size >= maximumEntries) known.clear();
    known.set(text, result);
    return result;
  };
}
