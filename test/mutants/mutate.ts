import { stripTypeScriptTypes } from 'node:module';

export type Mutant = { readonly text: string } | { readonly problem: string };

/**
 * Drops the check that stands on one line of a file.
 *
 * The condition of an `if` becomes `false`; any other statement, member or element is deleted. The result must parse, since a
 * syntax error would turn every test red and prove nothing.
 */
export function dropLine(source: string, line: number): Mutant {
  const lines = source.split('\n');
  const index = line - 1;
  const condition = replaceCondition(lines, index);
  const candidates = condition === undefined ? deletions(lines, index) : [condition];
  const text = candidates.map((each) => each.join('\n')).find((each) => each !== source && parses(each));
  return text === undefined ? { problem: 'the file does not parse without this line' } : { text };
}

function parses(text: string): boolean {
  try {
    stripTypeScriptTypes(text, { mode: 'strip' });
    return true;
  } catch {
    return false;
  }
}

/** The line holds the start of an `if`, or the end of a condition that began on an earlier line. */
function replaceCondition(lines: readonly string[], index: number): readonly string[] | undefined {
  const line = withoutComment(lines[index]!);
  const start = /^(\s*(?:\}\s*else\s+)?if\s*)\(/.exec(line);
  if (start !== null) return replaceSpan(lines, { row: index, column: start[1]!.length });
  if (!/^\s*\)\s*(\{|return\b|throw\b|continue;|break;)/.test(line)) return undefined;
  for (let row = index - 1; row >= 0; row -= 1) {
    const opening = /^(\s*(?:\}\s*else\s+)?if\s*)\($/.exec(lines[row]!.trimEnd());
    if (opening !== null) return replaceSpan(lines, { row, column: opening[1]!.length });
  }
  return undefined;
}

/** Replaces the parenthesis that opens at the place by `(false)`, up to its match. */
function replaceSpan(
  lines: readonly string[],
  open: { readonly row: number; readonly column: number },
): readonly string[] | undefined {
  const text = lines.slice(open.row).join('\n');
  const close = matchingParenthesis(text, open.column);
  if (close === undefined) return undefined;
  const mutated = `${text.slice(0, open.column)}(false)${text.slice(close + 1)}`;
  return [...lines.slice(0, open.row), ...mutated.split('\n')];
}

/** Skips strings, template text and regular expressions as far as a lint-clean line needs it. */
function matchingParenthesis(text: string, start: number): number | undefined {
  const tokens =
    /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?![/*\s])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*(?=\.)|\/\/[^\n]*|[()]/g;
  tokens.lastIndex = start;
  let depth = 0;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    if (match[0] === '(') depth += 1;
    else if (match[0] === ')') depth -= 1;
    if (depth === 0) return match.index;
  }
  return undefined;
}

/**
 * The line itself, or all lines of the statement, member or call that ends with it. A statement becomes an empty one, so
 * that an `if` without braces above it keeps its own body.
 */
function deletions(lines: readonly string[], index: number): readonly (readonly string[])[] {
  const line = withoutComment(lines[index]!);
  const depth = indentation(line);
  const isClosing = /^\s*[)\]}]+[,;]?$/.test(line);
  const start = lines.findLastIndex((each, row) => {
    const isAbove = row < index && each.trim() !== '' && !/^\s*[)\]}]/.test(each);
    return isAbove && (isClosing ? indentation(each) <= depth : indentation(each) < depth);
  });
  const rest = line.endsWith(';') ? ';' : '';
  const without = (from: number): readonly string[] =>
    lines.flatMap((each, row) => (row === index ? [rest] : row >= from && row < index ? [''] : [each]));
  if (start === -1) return [without(index)];
  return /(=>|=)$/.test(withoutComment(lines[index - 1]!)) ? [without(start)] : [without(index), without(start)];
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

function withoutComment(line: string): string {
  return line.replace(/\s*\/\/\s*[A-Z]{3}-\d\d.*$/, '').trimEnd();
}
