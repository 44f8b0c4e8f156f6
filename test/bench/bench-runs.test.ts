import { expect, test } from 'vitest';
import { compare } from '../../bench/compare.ts';
import { figuresOf } from '../../bench/figures.ts';
import { contendersOf, quickScenarios } from '../../bench/scenarios.ts';

const patienceMs = 60_000;

test.each(quickScenarios)(
  'every contender answers the requests of the bench: $name',
  { timeout: patienceMs },
  async (scenario) => {
    const names = contendersOf(scenario);
    const series = await compare(scenario, names, { rounds: 1, roundSeconds: 0, warmUpSeconds: 0, warmUpRequests: 64 });
    const figures = figuresOf(scenario, series);
    expect(figures.map(({ errors }) => errors)).toEqual(names.slice(1).map(() => 0));
    expect(figures.map(({ ratio }) => Number.isFinite(ratio))).toEqual(names.slice(1).map(() => true));
  },
);
