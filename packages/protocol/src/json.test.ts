import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { parseStrictJson, parseStrictJsonObject } from './json.ts';

function problemOf(text: string): string | undefined {
  const parsed = parseStrictJson(text);
  return parsed.ok ? undefined : parsed.refusal.problem;
}

verifies(['RED-06', 'ATK-46'], 'a member named twice is refused, at any depth and in any spelling', () => {
  expect(problemOf('{"a":1,"a":1}')).toBe('duplicate-member');
  expect(problemOf('{"a":1,"\\u0061":2}')).toBe('duplicate-member');
  expect(problemOf('[{"x":{"b":1,"b":2}}]')).toBe('duplicate-member');
  expect(problemOf('{"a":1,"b":{"a":1}}')).toBeUndefined();
});

verifies('RED-06', 'colons, quotes and braces inside strings do not count as members', () => {
  expect(problemOf('{"a:b":"c:d{[\\":\\"","e\\\\":":"}')).toBeUndefined();
});

verifies('RED-02', 'nesting deeper than sixteen is refused before it is parsed', () => {
  expect(problemOf('['.repeat(16) + ']'.repeat(16))).toBeUndefined();
  expect(problemOf('['.repeat(17) + ']'.repeat(17))).toBe('depth');
  expect(problemOf(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`)).toBe('depth');
  expect(problemOf('['.repeat(1_000_000))).toBe('depth');
});

verifies('ATK-46', '__proto__ is refused, escaped or nested too', () => {
  expect(problemOf('{"__proto__":{"a":1}}')).toBe('forbidden-member');
  expect(problemOf('{"x":[{"\\u005f_proto__":1}]}')).toBe('forbidden-member');
});

verifies('LES-35', 'a number beyond double precision is refused', () => {
  expect(problemOf('{"exp":1e400}')).toBe('number');
  expect(problemOf('[-1e999]')).toBe('number');
  expect(problemOf('1e308')).toBeUndefined();
});

verifies('LES-35', 'an array, null or bare value is no object', () => {
  for (const text of ['[]', 'null', '1', '"a"', 'true']) expect(parseStrictJsonObject(text).ok).toBe(false);
  expect(parseStrictJsonObject('{}').ok).toBe(true);
});

test('objects have no prototype, so inherited names are absent', () => {
  const parsed = parseStrictJsonObject('{"a":{"b":1}}');

  expect(parsed.ok && Object.getPrototypeOf(parsed.value)).toBeNull();
  expect(parsed.ok && parsed.value.constructor).toBeUndefined();
});

test('syntax errors are values', () => {
  for (const text of ['', '{', '{"a"}', '\uFEFF{}', "{'a':1}", '{"a":1,}', 'NaN', '01'])
    expect(problemOf(text)).toBe('syntax');
});
