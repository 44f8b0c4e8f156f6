import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { formatForm, parseForm } from './form.ts';
import { refusalResponse } from './refusals/response.ts';

function codeOf(body: string, repeatable?: string[]): string | undefined {
  const form = parseForm(body, { repeatable });
  return form.ok ? undefined : form.refusal.code;
}

verifies(['TEX-01', 'TEX-02', 'RED-01'], 'a parameter that occurs twice is refused as invalid_request', () => {
  const form = parseForm('audience=a&scope=b&audience=a');

  expect(form.ok).toBe(false);
  if (form.ok) return;
  expect(form.refusal.code).toBe('request/duplicate-parameter');
  const response = refusalResponse(form.refusal, { id: 'aud_1' });
  expect(response.status).toBe(400);
  expect(JSON.parse(response.body)).toEqual({
    error: 'invalid_request',
    error_description: 'A parameter occurs more than once [aud_1]',
  });
});

verifies(['TEX-01', 'RED-01'], 'differently escaped names are one name', () => {
  expect(codeOf('%61=1&a=2')).toBe('request/duplicate-parameter');
  expect(codeOf('assertion=x&assertion=')).toBe('request/duplicate-parameter');
});

verifies('TEX-01', 'a parameter without a value counts as absent', () => {
  const form = parseForm('scope=&audience&resource=&present=1', { repeatable: ['resource'] });

  expect(
    form.ok && [
      form.value.get('scope'),
      form.value.get('audience'),
      form.value.all('resource'),
      form.value.get('none'),
      form.value.get('present'),
    ],
  ).toEqual([undefined, undefined, [], undefined, '1']);
});

verifies('TEX-01', 'broken escapes, bytes that are not UTF-8 and NUL are refused', () => {
  for (const body of ['a=%', 'a=%1', 'a=%zz', 'a=%ff', 'a=%c3', 'a=%00', '%ff=a', 'a=%ed%a0%80'])
    expect(codeOf(body)).toBe('request/malformed-form');
});

verifies('LES-31', 'dotted and bracketed names stay one flat name', () => {
  const name = 'a.'.repeat(1_000);
  const form = parseForm(`${name}=1&b[c]=2&__proto__=3`);

  expect(
    form.ok && [form.value.get(name), form.value.get('b[c]'), form.value.get('__proto__'), form.value.get('a')],
  ).toEqual(['1', '2', '3', undefined]);
});

test('repeatable parameters keep their order', () => {
  const form = parseForm('resource=a&x=1&resource=b+c&resource=', { repeatable: ['resource'] });

  expect(form.ok && form.value.all('resource')).toEqual(['a', 'b c']);
  expect(form.ok && form.value.get('resource')).toBe('a');
});

test('more parameters than any grant takes are refused', () => {
  const body = Array.from({ length: 65 }, (_, index) => `p${index}=1`).join('&');

  expect(codeOf(body)).toBe('request/too-many-parameters');
});

test('formatForm leaves out what is undefined', () => {
  expect(
    formatForm([
      ['a', 'b c'],
      ['d', undefined],
    ]),
  ).toBe('a=b+c');
});
