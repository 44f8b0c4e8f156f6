import type { Result } from '@crossgrant/protocol';

/** One named check. The name is its trace span, the rules are what it decides. */
export interface Step {
  readonly name: string;
  readonly rules: readonly string[];
  readonly run: (known: never, context: never) => unknown;
}

/**
 * A list of steps in which each may read only what an earlier one established.
 *
 * `Known` grows with every step: a check that needs verified claims does not compile before the step that verifies them.
 */
export interface StepList<Known extends object, Context> {
  readonly steps: readonly Step[];
  step<Added extends object>(
    name: string,
    rules: readonly string[],
    run: (known: Readonly<Known>, context: Context) => Result<Added> | Promise<Result<Added>>,
  ): StepList<Known & Added, Context>;
}

export function startingWith<Known extends object, Context>(): StepList<Known, Context> {
  return extend<Known, Context>([]);
}

/** What a step returns that only judges. */
export const passed: { readonly ok: true; readonly value: object } = { ok: true, value: Object.freeze({}) };

export type Trace = <T>(step: string, run: () => T) => T;

/**
 * Runs the list until the first refusal. What was established up to there is kept in `known`, so that the audit row of a
 * refusal can name client, issuer and `jti` once they are proven.
 */
export async function runSteps<Start extends object, Known extends Start, Context>(
  list: StepList<Known, Context>,
  known: Start,
  context: Context,
  trace?: Trace,
): Promise<Result<Known>> {
  for (const step of list.steps) {
    const run = () => step.run(known as never, context as never) as Result<object> | Promise<Result<object>>;
    const outcome = trace === undefined ? run() : trace(step.name, run);
    const result = outcome instanceof Promise ? await outcome : outcome;
    if (!result.ok) return result;
    Object.assign(known, result.value);
  }
  return { ok: true, value: known as Known };
}

function extend<Known extends object, Context>(steps: readonly Step[]): StepList<Known, Context> {
  return {
    steps,
    step: (name, rules, run) => extend([...steps, { name, rules, run: run as Step['run'] }]),
  };
}
