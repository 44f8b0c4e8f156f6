import { ruleIdPattern } from '../../spec/rule.ts';

/** A line of shipped code that carries the ids of the rules it decides. */
export interface Citation {
  readonly file: string;
  /** Number of the line that decides, from 1. */
  readonly line: number;
  readonly ids: readonly string[];
}

const trailing = /\S.*\s\/\/\s*((?:[A-Z]{3}-\d\d)(?:,\s*[A-Z]{3}-\d\d)*)(?:\s.*)?$/;
const alone = /^\s*\/\/\s*((?:[A-Z]{3}-\d\d)(?:,\s*[A-Z]{3}-\d\d)*)\s*$/;

/**
 * Finds the citations of a file: a comment of ids at the end of a line, or alone on the line after an opening brace or
 * bracket, where the formatter moves it.
 */
export function findCitations(file: string, text: string): readonly Citation[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const moved = alone.exec(line);
    if (moved !== null) return opens(lines[index - 1]) ? [{ file, line: index, ids: idsOf(moved[1]!) }] : [];
    const match = /^\s*(\*|\/\/|\/\*)/.test(line) ? null : trailing.exec(line);
    return match === null ? [] : [{ file, line: index + 1, ids: idsOf(match[1]!) }];
  });
}

function opens(line: string | undefined): boolean {
  return line !== undefined && /[{([]$/.test(line);
}

function idsOf(text: string): readonly string[] {
  return text.match(ruleIdPattern) ?? [];
}
