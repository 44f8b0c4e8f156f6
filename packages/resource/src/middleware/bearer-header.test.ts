import { plainHeaders } from '@crossgrant/protocol';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { readAccessToken } from './bearer-header.ts';

function outcome(values: readonly string[], query = ''): string {
  const result = readAccessToken({
    headers: plainHeaders(values.map((value) => ['authorization', value] as const)),
    query,
  });
  return result.ok ? `${result.value.scheme === 'dpop' ? 'dpop ' : ''}${result.value.token}` : result.refusal.code;
}

test('the token of one Bearer header is read, the scheme in any case', () => {
  expect(outcome(['Bearer a.b-c_~+/d=='])).toBe('a.b-c_~+/d==');
  expect(outcome(['bEARER abc'])).toBe('abc');
  expect(outcome(['dpop abc'])).toBe('dpop abc');
});

verifies(['MET-10', 'LES-86'], 'no header, or another scheme, is no token', () => {
  expect(outcome([])).toBe('bearer/missing');
  for (const value of [
    'Basic YTpi',
    'MAC abc',
    'DPoPabc',
    'DPoP',
    'Foo DPoP abc',
    'Bearer',
    'Bearerabc',
    '',
    'bearer\tabc',
  ])
    expect(outcome([value]), value).toBe('bearer/scheme');
});

verifies(['MCP-13', 'LES-29', 'LES-86'], 'two headers, two tokens and other characters are malformed', () => {
  expect(outcome(['Bearer a', 'Bearer a'])).toBe('bearer/malformed');
  for (const value of [
    'Bearer ',
    'Bearer  a',
    'Bearer a b',
    'Bearer a, Bearer b',
    'Bearer a\u00a0',
    'Bearer =',
    'Bearer a=b',
    'Bearer "a"',
    'Bearer a:b',
    `Bearer ${'a'.repeat(16_385)}`,
  ])
    expect(outcome([value]), value).toBe('bearer/malformed');
});

verifies('MCP-11', 'a token in the query is refused, also beside a good header', () => {
  for (const query of ['?access_token=a', 'x=1&access_token=', '%61ccess_token=a'])
    expect(outcome(['Bearer a'], query), query).toBe('bearer/in-query');
  expect(outcome(['Bearer a'], '?token=a')).toBe('a');
});
