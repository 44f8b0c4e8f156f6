import { describe, expect, test } from 'vitest';
import { BrokenPromise, expectPlain, expectRefusal, guarded } from './invariants.ts';
import { fuzz, readCorpus, replay } from './run-target.ts';
import { fuzzTargets } from './targets.ts';

/** A short slice of `npm run fuzz`; other inputs each time, and the seed stands in the message. */
const seed = Date.now() % 2 ** 31;
const slice = 10_000;

describe.each(fuzzTargets)('the $name parser', (target) => {
  test('keeps its promises for every input of the corpus', () => {
    const inputs = readCorpus(target.name);
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of inputs) replay(target, input);
  });

  test('keeps its promises for inputs nobody has seen', () => {
    const { failure } = fuzz(target, Math.ceil(slice * target.share), seed);
    expect([seed, failure]).toEqual([seed, undefined]);
  });
});

test('a broken promise is noticed', () => {
  const polluted = Object.prototype as { polluted?: boolean };
  const pollute = (): void => {
    polluted.polluted = true;
  };
  expect(() => guarded(pollute)).toThrow(BrokenPromise);
  delete polluted.polluted;
  expect(() => expectRefusal({ code: 'no/such-code' })).toThrow(BrokenPromise);
  expect(() => expectRefusal({ code: 'toString' })).toThrow(BrokenPromise);
  expect(() => expectPlain(JSON.parse('{"a":{"__proto__":{}}}'))).toThrow(BrokenPromise);
  expect(() => expectPlain(JSON.parse('{"constructor":1}'))).toThrow(BrokenPromise);
  expect(() => expectPlain(Object.create({ a: 1 }))).toThrow(BrokenPromise);
  const slow = (): void => {
    const until = performance.now() + 260;
    while (performance.now() < until);
  };
  expect(() => guarded(slow)).toThrow(/longer than/);
});
