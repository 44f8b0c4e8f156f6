import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { plainHeaders } from './http.ts';
import { isFormMediaType, isJsonMediaType } from './media-type.ts';
import { refusalResponse } from './refusals/response.ts';

const form = 'application/x-www-form-urlencoded';

function accepts(...values: string[]): boolean {
  return isFormMediaType(plainHeaders(values.map((value) => ['content-type', value] as const))).ok;
}

verifies(['TEX-01', 'RED-01', 'LES-31'], 'anything but the exact form type is refused with 415', () => {
  const refused = [
    `${form}\tx`,
    ` ${form}`,
    `${form} `,
    `${form}, ${form}`,
    `${form};charset=utf-8;x=y`,
    `${form}; charset=utf-16`,
    `${form}x`,
    'application/json',
    'multipart/form-data',
    '',
  ];
  for (const value of refused) expect(accepts(value), value).toBe(false);
  const result = isFormMediaType(plainHeaders([['content-type', 'application/json']]));
  if (!result.ok) expect(refusalResponse(result.refusal, { id: 'i' }).status).toBe(415);
});

verifies('LES-31', 'two headers or none are refused', () => {
  expect(accepts(form, form)).toBe(false);
  expect(accepts()).toBe(false);
});

verifies('LES-31', 'a coded body is refused, whatever the coding', () => {
  for (const coding of ['gzip', 'identity', '']) {
    const headers = plainHeaders([
      ['content-type', form],
      ['content-encoding', coding],
    ]);
    expect(isFormMediaType(headers).ok, coding).toBe(false);
  }
});

test('the form type is accepted in any case, with charset utf-8', () => {
  for (const value of [form, form.toUpperCase(), `${form};charset=UTF-8`, `${form}; charset="utf-8"`])
    expect(accepts(value), value).toBe(true);
  expect(isJsonMediaType(plainHeaders([['content-type', 'application/json; charset=utf-8']])).ok).toBe(true);
});
