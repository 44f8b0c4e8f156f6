import { refusalCatalogue } from '@crossgrant/protocol';

/** A promise of a parser that did not hold. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

/** Longer than any input may take, the slowest machine considered. */
const mostMilliseconds = 250;

/**
 * Runs a parser on one input. It may not take long, and may not leave a trace in what all objects share. An input that was
 * slow is tried twice more: a machine that was busy is no hang.
 */
export function guarded(run: () => void): void {
  if (timed(run) > mostMilliseconds && timed(run) > mostMilliseconds && timed(run) > mostMilliseconds)
    throw new BrokenPromise(`takes longer than ${mostMilliseconds} ms`);
  if (!isUntouched()) throw new BrokenPromise('the prototype of all objects has changed');
}

function timed(run: () => void): number {
  const began = performance.now();
  run();
  return performance.now() - began;
}

const shared = [Object.prototype, Array.prototype, Function.prototype, String.prototype] as const;
const namesBefore = shared.map((each) => Reflect.ownKeys(each).length);

function isUntouched(): boolean {
  return shared.every((each, index) => Reflect.ownKeys(each).length === namesBefore[index]);
}

/** A refusal has a code of the catalogue, or is one of the problems that its parser documents. */
export function expectRefusal(refusal: object, problems: readonly string[] = []): void {
  const { code, problem } = refusal as { code?: string; problem?: string };
  const isKnown = code === undefined ? problems.includes(String(problem)) : Object.hasOwn(refusalCatalogue, code);
  if (!isKnown) throw new BrokenPromise(`refuses with ${code ?? problem}, which nobody documents`);
}

/**
 * Whatever was read is plain: no member is called `__proto__`, no object has a prototype that a sender could have chosen, and
 * `constructor` and `prototype` are members only of objects without a prototype, where nothing can be mistaken for them.
 */
export function expectPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isBare = prototype === null;
  if (!isBare && prototype !== Object.prototype && prototype !== Array.prototype)
    throw new BrokenPromise('an object came back with a prototype of its own');
  if (Object.hasOwn(value, '__proto__')) throw new BrokenPromise('a member __proto__ landed');
  if (!isBare && (Object.hasOwn(value, 'constructor') || Object.hasOwn(value, 'prototype')))
    throw new BrokenPromise('a member constructor or prototype landed in an object that inherits');
  for (const member of Object.values(value)) expectPlain(member);
}
