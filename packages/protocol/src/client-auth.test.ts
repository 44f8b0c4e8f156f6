import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { decodeBasic, formatBasic, type PresentedCredentials, readClientCredentials } from './client-auth.ts';
import { profiles } from './constants.ts';
import { parseForm } from './form.ts';
import { plainHeaders } from './http.ts';
import { refusalResponse } from './refusals/response.ts';
import type { Result } from './result.ts';

const assertionType = `client_assertion_type=${encodeURIComponent(profiles.clientAssertionType)}`;

function read(body: string, ...authorization: string[]): Result<PresentedCredentials> {
  const form = parseForm(body);
  if (!form.ok) throw new Error('unreadable form');
  return readClientCredentials({
    headers: plainHeaders(authorization.map((value) => ['authorization', value] as const)),
    form: form.value,
  });
}

function outcome(body: string, ...authorization: string[]): unknown {
  const result = read(body, ...authorization);
  if (result.ok) return result.value;
  const response = refusalResponse(result.refusal, { id: 'i' });
  return [result.refusal.code, response.status, JSON.parse(response.body).error];
}

const basic = (text: string): string => `Basic ${btoa(text)}`;

test('each method is read', () => {
  expect(outcome('', basic('app:secret'))).toEqual({
    method: 'client_secret_basic',
    clientId: 'app',
    secret: 'secret',
  });
  expect(outcome('client_id=app&client_secret=s')).toEqual({
    method: 'client_secret_post',
    clientId: 'app',
    secret: 's',
  });
  expect(outcome(`${assertionType}&client_assertion=a.b.c&client_id=app`)).toEqual({
    method: 'private_key_jwt',
    clientId: 'app',
    assertion: 'a.b.c',
  });
  expect(outcome(`${assertionType}&client_assertion=a.b.c`)).toEqual({
    method: 'private_key_jwt',
    clientId: undefined,
    assertion: 'a.b.c',
  });
  expect(outcome('client_id=app')).toEqual({ method: 'none', clientId: 'app' });
});

verifies(['TEX-03', 'RED-03'], 'a request that names no client is refused with 401 invalid_client', () => {
  expect(outcome('grant_type=x')).toEqual(['client/missing', 401, 'invalid_client']);
  expect(outcome('client_secret=s')).toEqual(['client/missing', 401, 'invalid_client']);
});

verifies(['CAU-05', 'LES-28'], 'two authentication methods in one request are refused, whichever would succeed', () => {
  const expected = ['client/several-methods', 400, 'invalid_request'];

  expect(outcome('client_id=app&client_secret=s', basic('app:s'))).toEqual(expected);
  expect(outcome(`${assertionType}&client_assertion=a.b.c`, basic('app:s'))).toEqual(expected);
  expect(outcome(`${assertionType}&client_assertion=junk&client_id=app&client_secret=s`)).toEqual(expected);
  expect(outcome('', basic('app:s'), basic('app:s'))).toEqual(['client/malformed-basic', 401, 'invalid_client']);
});

verifies('CAU-08', 'a client_id in the body must agree with Basic', () => {
  expect(outcome('client_id=other', basic('app:s'))).toEqual(['client/identifier-mismatch', 400, 'invalid_request']);
  expect(outcome('client_id=app', basic('app:s'))).toMatchObject({ clientId: 'app' });
});

verifies('CAU-01', 'an assertion comes with the one assertion type, and the type with an assertion', () => {
  const expected = ['client/assertion-type', 400, 'invalid_request'];

  expect(outcome('client_assertion=a.b.c&client_id=app')).toEqual(expected);
  expect(outcome('client_assertion=a.b.c&client_assertion_type=urn%3Ax')).toEqual(expected);
  expect(outcome(`${assertionType}&client_id=app`)).toEqual(expected);
});

verifies(['CAU-05', 'ATK-57'], 'both halves of Basic are form-decoded once, and the first colon splits', () => {
  expect(decodeBasic(basic('idp%2Dclient:a%3Ab%25+c'))).toEqual({ clientId: 'idp-client', secret: 'a:b% c' });
  expect(decodeBasic(basic('idp-client:a:b:c'))).toEqual({ clientId: 'idp-client', secret: 'a:b:c' });
  expect(decodeBasic(basic('a%2562:c%253A'))).toEqual({ clientId: 'a%62', secret: 'c%3A' });
  expect(decodeBasic('bAsIc YTpi')).toEqual({ clientId: 'a', secret: 'b' });
});

verifies(['CAU-05', 'ATK-57'], 'what cannot be decoded is refused with 401', () => {
  for (const text of ['app', ':secret', 'app:', 'app:%', 'app:%ff', 'app:\u00e9', 'app:a\nb', ''])
    expect(outcome('', basic(text)), text).toEqual(['client/malformed-basic', 401, 'invalid_client']);
  expect(outcome('', 'Bearer YTpi')).toEqual(['client/malformed-basic', 401, 'invalid_client']);
});

verifies('LES-29', 'base64 in any other spelling than the one is refused', () => {
  for (const text of ['YTpi\n', 'YT pi', 'YTpi=', 'YTpiYw', 'YTpiYx==', 'YTp_', 'YT==pi', ' YTpi', 'YTpi ', '\tYTpi']) {
    expect(decodeBasic(`Basic ${text}`), JSON.stringify(text)).toBeUndefined();
  }
  expect(decodeBasic('Basic YTpiYw==')).toEqual({ clientId: 'a', secret: 'bc' });
  expect(decodeBasic(`Basic ${btoa(`a:${'b'.repeat(5_000)}`)}`)).toBeUndefined();
});

verifies('CAU-05', 'what formatBasic writes reads back, whatever the characters', () => {
  for (const [id, secret] of [
    ['app', 's'],
    ['a:b', 'c:d'],
    ['https://a.example/c.json', 'ü +%'],
  ] as const) {
    expect(decodeBasic(formatBasic(id, secret))).toEqual({ clientId: id, secret });
  }
});
