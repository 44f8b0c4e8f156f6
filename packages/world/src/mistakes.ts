import type { Mistake, Path } from './read-yaml.ts';

/** The world file cannot be used. One sentence per mistake, each with the path of its field. */
export class WorldMistakes extends Error {
  override readonly name = 'WorldMistakes';
  readonly sentences: readonly string[];

  constructor(file: string, sentences: readonly string[]) {
    const count = sentences.length === 1 ? '1 mistake' : `${sentences.length} mistakes`;
    super(`${file} has ${count}:\n${sentences.map((sentence) => `  ${sentence}`).join('\n')}`);
    this.sentences = sentences;
  }
}

export function formatMistake(mistake: Mistake): string {
  const path = formatPath(mistake.path);
  return path === '' ? mistake.sentence : `${path}: ${mistake.sentence}`;
}

/** `['policy', 'connections', 0, 'client']` becomes `policy.connections[0].client`; unusual keys are quoted. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[A-Za-z_<][\w<-]{0,60}$/.test(part)) return `${text}[${JSON.stringify(part.slice(0, 60))}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** The known word nearest to a mistyped one, as a closing question, or nothing when none is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.ceil(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.slice(0, 64).toLowerCase(), candidate.slice(0, 64).toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? '' : ` — did you mean ${JSON.stringify(best)}?`;
}

/** How many letters to add, drop, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : replaced;
      current.push(Math.min((last[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
