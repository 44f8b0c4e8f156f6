import { inspect } from 'node:util';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { CrossgrantError } from './errors.ts';
import { parseOAuthError, rawResponse, withoutTokens } from './oauth-error.ts';

verifies('CLI-07', 'an OAuth error is read with the members of RFC 9470, and nothing else', () => {
  const body = { error: 'x', error_description: 'd', acr_values: 'phr  phrh', max_age: '300', access_token: 'secret' };
  expect(parseOAuthError(JSON.stringify(body))).toEqual({
    error: 'x',
    errorDescription: 'd',
    acrValues: ['phr', 'phrh'],
    maxAge: 300,
  });
  expect(parseOAuthError('{"error":"x","max_age":0}')).toEqual({ error: 'x', maxAge: 0 });
});

test('what is not an OAuth error is not read as one', () => {
  for (const body of ['', 'null', '[]', '"error"', '{}', '{"error":7}', '{"error":""}', '<html>']) {
    expect(parseOAuthError(body)).toBeUndefined();
  }
  for (const maxAge of ['-1', '1.5', 'x', '99999999999']) {
    expect(parseOAuthError(JSON.stringify({ error: 'x', max_age: maxAge }))?.maxAge).toBeUndefined();
  }
});

verifies('LES-92', 'the link to a decision is a web address or no link', () => {
  const of = (uri: string) => parseOAuthError(JSON.stringify({ error: 'x', error_uri: uri }));
  expect(of('https://idp.example/explain/aud_01KB')).toMatchObject({
    decisionId: 'aud_01KB',
    decisionUrl: 'https://idp.example/explain/aud_01KB',
  });
  for (const uri of ['javascript:alert(1)', 'file:///etc/passwd', '/explain/aud_01KB', 'data:text/html,x']) {
    expect(of(uri)?.decisionUrl).toBeUndefined();
  }
  const described = parseOAuthError('{"error":"x","error_description":"Not permitted [aud_01KB]"}');
  expect(described?.decisionId).toBe('aud_01KB');
});

verifies(['ATK-60', 'CLI-01', 'DEL-02'], 'tokens are cut out of everything an error shows', async () => {
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
  const body = JSON.stringify({
    access_token: 'opaque-1',
    refresh_token: 'opaque-2',
    id_token: jwt,
    note: `saw ${jwt}`,
  });
  const response = new Response(body, { status: 400, headers: { 'set-cookie': 'sid=opaque-3', 'retry-after': '1' } });
  const cause = rawResponse(`https://idp.example/token?code=opaque-4#${jwt}`, response, body);
  const shown = inspect(new CrossgrantError('request_refused', 'exchange', { cause }), { depth: 10 });
  expect(shown).not.toMatch(/eyJ|opaque-\d|alice/);
  expect(cause).toMatchObject({ url: 'https://idp.example/token', status: 400, headers: { 'retry-after': '1' } });
  expect(withoutTokens('nothing to hide')).toBe('nothing to hide');
});
