import { didYouMean } from '../mistakes.ts';
import type { Path } from '../read-yaml.ts';

export type Report = (path: Path, sentence: string) => void;

export function known(name: string, names: readonly string[], path: Path, what: string, report: Report): void {
  if (names.includes(name)) return;
  const guess = didYouMean(name, names);
  report(path, `${what} ${JSON.stringify(name)}${guess === '' ? '.' : guess}`);
}

export function each(
  names: readonly string[] | undefined,
  path: Path,
  all: readonly string[],
  what: string,
  report: Report,
): void {
  for (const [index, name] of (names ?? []).entries()) known(name, all, [...path, index], what, report);
}

export function unique(
  keys: readonly string[],
  pathOf: (index: number) => Path,
  sentence: string,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (seen.has(key)) report(pathOf(index), sentence);
    seen.add(key);
  }
}
