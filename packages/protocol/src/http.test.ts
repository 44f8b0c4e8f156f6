import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { jsonResponse, plainHeaders } from './http.ts';

verifies(['TEX-20', 'RED-27'], 'a token response is never stored by a cache', () => {
  const response = jsonResponse(200, { a: 1 });

  expect(response.headers['cache-control']).toBe('no-store');
  expect(response.headers.pragma).toBe('no-cache');
  expect(response.headers['content-type']).toBe('application/json');
  expect(response.body).toBe('{"a":1}');
});

test('metadata may override how long it is cached', () => {
  expect(jsonResponse(200, {}, { 'cache-control': 'public, max-age=300' }).headers['cache-control']).toBe(
    'public, max-age=300',
  );
});

test('headers are found by lower-case name, repetitions kept', () => {
  const headers = plainHeaders([
    ['Authorization', 'a'],
    ['authorization', 'b'],
  ]);

  expect(headers.get('authorization')).toBe('a');
  expect(headers.all('authorization')).toEqual(['a', 'b']);
  expect(headers.all('absent')).toEqual([]);
});
