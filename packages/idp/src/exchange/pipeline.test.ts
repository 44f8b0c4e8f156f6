import { ok, refuse } from '@crossgrant/protocol';
import { expect, test } from 'vitest';
import { pipeline, runPipeline } from './pipeline.ts';

const counting = pipeline<{ start: number }>()
  .step('one', ({ start }) => ok({ one: start + 1 }))
  .step('two', async ({ one }) => (one > 5 ? refuse('policy/denied') : ok({ two: one + 1 })))
  .step('three', ({ two }) => ok({ three: two + 1 }));

test('steps run in order and see what the earlier ones found', async () => {
  expect(await runPipeline(counting, { start: 1 })).toEqual({
    ok: true,
    state: { start: 1, one: 2, two: 3, three: 4 },
  });
  expect(counting.steps.map(({ name }) => name)).toEqual(['one', 'two', 'three']);
});

test('a refusal stops the run and keeps what was found', async () => {
  expect(await runPipeline(counting, { start: 9 })).toMatchObject({
    ok: false,
    step: 'two',
    refusal: { code: 'policy/denied' },
    state: { one: 10 },
  });
});

test('a step in front of what it needs does not compile', () => {
  // @ts-expect-error `two` is not known yet
  expect(pipeline<{ start: number }>().step('three', ({ two }) => ok({ three: two })).steps).toHaveLength(1);
});

test('what a step throws passes through', async () => {
  const failing = pipeline<object>().step('boom', () => {
    throw new Error('boom');
  });
  await expect(runPipeline(failing, {})).rejects.toThrow('boom');
});
