import type { Series } from './compare.ts';
import type { Scenario } from './scenario.ts';
import { median, ratiosOf, twoPlaces } from './statistics.ts';

/** One figure of the table. A ratio says how many times as much we do as the other; `cpu` is the same per CPU second. */
export interface Figure {
  readonly figure: string;
  readonly against?: string;
  readonly ratio?: number;
  readonly spread?: readonly [number, number];
  readonly cpu?: number;
  readonly value?: number;
  readonly unit?: string;
  /** The ratio is to be at least this, the value at most. */
  readonly goal?: number;
  readonly reached?: boolean;
  readonly errors: number;
}

/** Ours is the first series. */
export function figuresOf({ name, goals }: Scenario, [ours, ...others]: readonly Series[]): readonly Figure[] {
  if (ours === undefined) return [];
  return others.map((theirs) =>
    ratioFigure(
      name,
      theirs.name.startsWith('bare') ? 'bare handler' : theirs.name,
      { ours: ours.perSecond, theirs: theirs.perSecond },
      {
        cpu: ratiosOf(theirs.cpuMicroseconds, ours.cpuMicroseconds).ratio,
        goal: goals[theirs.name],
        errors: ours.errors + theirs.errors,
      },
    ),
  );
}

export function ratioFigure(
  figure: string,
  against: string,
  { ours, theirs }: { ours: readonly number[]; theirs: readonly number[] },
  more: { cpu?: number; goal?: number; errors: number },
): Figure {
  const { ratio, spread } = ratiosOf(ours, theirs);
  const reached = more.goal === undefined ? undefined : ratio >= more.goal;
  return { figure, against, ratio, spread, cpu: more.cpu, goal: more.goal, reached, errors: more.errors };
}

/** What our server needs while it is saturated. */
export function loadFigures({ name }: Scenario, [ours]: readonly Series[]): readonly Figure[] {
  if (ours === undefined) return [];
  return [
    valueFigure(`${name}: p99 at 32 connections`, ours.p99Ms, 'ms', 15, ours.errors),
    valueFigure(`${name}: resident under load`, ours.residentMegabytes, 'MB', 200, ours.errors),
    { ...valueFigure(`${name}: answers`, median(ours.perSecond), '1/s', undefined, ours.errors) },
  ];
}

export function valueFigure(
  figure: string,
  value: number,
  unit: string,
  goal: number | undefined,
  errors: number,
): Figure {
  return {
    figure,
    value: twoPlaces(value),
    unit,
    goal,
    reached: goal === undefined ? undefined : value <= goal,
    errors,
  };
}
