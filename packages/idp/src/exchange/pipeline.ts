import type { Refusal, Result } from '@crossgrant/protocol';

type Answer<T> = Result<T> | Promise<Result<T>>;

export interface NamedStep {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the builder has checked what each step needs and adds
  readonly run: (state: any) => Answer<object>;
}

/** Steps in the order they run. A step compiles only behind those that yield what it needs. */
export interface Pipeline<Start extends object, End extends object> {
  readonly steps: readonly NamedStep[];
  step<Added extends object>(name: string, run: (state: End) => Answer<Added>): Pipeline<Start, End & Added>;
}

/** How far a run came: `state` holds what the finished steps found, also when one of them refused. */
export type PipelineRun<Start extends object, End extends object> =
  | { readonly ok: true; readonly state: End }
  | { readonly ok: false; readonly state: Start & Partial<End>; readonly refusal: Refusal; readonly step: string };

export function pipeline<Start extends object>(): Pipeline<Start, Start> {
  return extend<Start, Start>([]);
}

/** Runs the steps one after another and stops at the first refusal. What a step throws passes through. */
export async function runPipeline<Start extends object, End extends object>(
  { steps }: Pipeline<Start, End>,
  start: Start,
): Promise<PipelineRun<Start, End>> {
  const state: Start & Partial<End> = { ...start };

  for (const { name, run } of steps) {
    const answer = run(state);
    const result = answer instanceof Promise ? await answer : answer;
    if (!result.ok) {
      return { ok: false, state, refusal: result.refusal, step: name };
    }
    Object.assign(state, result.value);
  }
  return { ok: true, state: state as unknown as End };
}

function extend<Start extends object, End extends object>(steps: readonly NamedStep[]): Pipeline<Start, End> {
  return { steps, step: (name, run) => extend([...steps, { name, run }]) };
}
