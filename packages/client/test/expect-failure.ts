import { inspect } from 'node:util';
import { expect } from 'vitest';
import { CrossgrantError, type CrossgrantFailure, isCrossgrantError } from '../src/index.ts';

/** Waits for a failure with this code and stage, and sees to it that nothing in it looks like a token. */
export async function expectFailure(work: Promise<unknown>, code: string, stage: string): Promise<CrossgrantFailure> {
  const error = await work.then(
    () => new Error(`nothing failed, expected ${code}`),
    (failure: unknown) => failure,
  );
  if (!isCrossgrantError(error)) throw error;
  expect({ code: error.code, stage: error.stage }).toEqual({ code, stage });
  expect(error).toBeInstanceOf(CrossgrantError);
  expect(inspect(error, { depth: 10 })).not.toMatch(/eyJ|-secret-|access-\d|rt-\w/);
  return error;
}
