import { expect, test } from 'vitest';
import { attacks } from '../../spec/attacks.ts';
import { lessons } from '../../spec/lessons.ts';
import { requirements } from '../../spec/requirements.ts';
import { findRule } from '../../spec/rule.ts';
import { collectEvidence } from '../docs/evidence.ts';

const evidence = collectEvidence();
const enforced = requirements.filter(({ status }) => status === 'enforced');
const tested = [...attacks, ...lessons].filter(({ status }) => status === 'tested');

test('every id that a citation or a test names is in the catalogue and in force', () => {
  const wrong = [...evidence.ids].filter((id) => !findRule(id)?.isActive);
  expect(wrong.map((id) => `${id}: ${findRule(id)?.reason ?? 'unknown'}`)).toEqual([]);
});

test('every enforced requirement has a test', () => {
  expect(enforced.map(({ id }) => id).filter((id) => evidence.of(id).tests.length === 0)).toEqual([]);
});

test('every enforced MUST is cited where it is decided', () => {
  const musts = enforced.filter(({ level }) => level.startsWith('MUST'));
  expect(musts.map(({ id }) => id).filter((id) => evidence.of(id).citations.length === 0)).toEqual([]);
});

test('every rule that stands in part has a test of that part', () => {
  const parts = [...requirements, ...attacks, ...lessons].filter(
    ({ status }) => typeof status !== 'string' && 'partly' in status,
  );
  expect(parts.map(({ id }) => id).filter((id) => evidence.of(id).tests.length === 0)).toEqual([]);
});

test('every attack and lesson marked as tested has a test', () => {
  expect(tested.map(({ id }) => id).filter((id) => evidence.of(id).tests.length === 0)).toEqual([]);
});
