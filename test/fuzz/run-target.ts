import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { guarded } from './invariants.ts';
import type { FuzzTarget } from './target.ts';

export interface FuzzOutcome {
  readonly inputs: number;
  readonly milliseconds: number;
  /** The smallest input found that breaks a promise, and what it broke. */
  readonly failure?: { readonly input: string; readonly problem: string };
}

/** Generates inputs until their number is reached or one breaks a promise, which is then made as small as it gets. */
export function fuzz(target: FuzzTarget, inputs: number, seed: number): FuzzOutcome {
  const began = performance.now();
  const property = fc.property(target.inputs, (input) => guarded(() => target.check(input)));
  const details = fc.check(property, { numRuns: inputs, seed });
  const milliseconds = performance.now() - began;
  if (!details.failed) return { inputs: details.numRuns, milliseconds };
  const input = details.counterexample?.[0] ?? '';
  const problem =
    details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  return { inputs: details.numRuns, milliseconds, failure: { input, problem } };
}

/** Inputs that once broke something, or are worth trying each time. */
export function readCorpus(target: string): readonly string[] {
  const file = corpusFile(target);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
}

/** Keeps an input for good. */
export function keepInCorpus(target: string, input: string): void {
  const kept = readCorpus(target);
  if (!kept.includes(input)) writeFileSync(corpusFile(target), `${JSON.stringify([...kept, input], null, 2)}\n`);
}

export function replay(target: FuzzTarget, input: string): void {
  guarded(() => target.check(input));
}

function corpusFile(target: string): string {
  return join(import.meta.dirname, 'corpus', `${target}.json`);
}
