import { styleText } from 'node:util';
import type { HopText } from './describe-hop.ts';

type Style = Parameters<typeof styleText>[0];

/** Writes the report of a start. Colours appear on a terminal only, and never with NO_COLOR set. */
export interface Terminal {
  line(text?: string): void;
  title(text: string, note?: string): void;
  pairs(pairs: readonly (readonly [label: string, value: string, note?: string])[]): void;
  hop(hop: HopText): void;
  problem(sentence: string): void;
}

export interface TerminalOptions {
  readonly write: (text: string) => void;
  readonly hasColours: boolean;
  readonly columns?: number;
}

export function hasColours(stream: { isTTY?: boolean }, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb';
}

const labelWidth = 14;

function widthOf(labels: readonly string[]): number {
  return Math.max(labelWidth, ...labels.map((label) => label.length + 2));
}

export function createTerminal({ write, hasColours, columns = 100 }: TerminalOptions): Terminal {
  const paint = (style: Style, text: string): string =>
    hasColours ? styleText(style, text, { validateStream: false }) : text;
  const line = (text = ''): void => write(`${text.trimEnd()}\n`);
  const row = (indent: number, label: string, value: string, note?: string, width = labelWidth): void => {
    const head = `${' '.repeat(indent)}${paint('dim', label.padEnd(width))}`;
    const tail = note === undefined ? '' : `  ${paint('dim', note)}`;
    line(`${head}${value}${tail}`);
  };
  return {
    line,
    title: (text, note) => line(`${paint('bold', text)}${note === undefined ? '' : `  ${paint('dim', note)}`}`),
    pairs: (pairs) => {
      const width = widthOf(pairs.map(([label]) => label));
      for (const [label, value, note] of pairs) row(2, label, value, note, width);
    },
    hop(hop) {
      const title = `${hop.number} ${hop.title}`;
      const lead = hop.isDone ? hop.lead : paint('red', hop.lead);
      const width = title.length + 2 + hop.lead.length;
      const room = columns - width - hop.time.length;
      const gap = room < 2 ? `\n${' '.repeat(Math.max(0, columns - hop.time.length))}` : ' '.repeat(room);
      line();
      line(`${paint('bold', title)}  ${lead}${gap}${paint('dim', hop.time)}`);
      const labels = widthOf(hop.rows.map(({ label }) => label));
      for (const { label, value, note, isHeading } of hop.rows)
        row(3, label, isHeading === true ? paint('dim', value) : value, note, labels);
    },
    problem: (sentence) => line(paint('red', sentence)),
  };
}
