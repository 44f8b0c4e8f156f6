import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { checkTypes, type IdJagClaims } from './id-jag-claims.ts';
import { checkAuthorizationDetails, readActor, readResources, readScope } from './id-jag-restrictions.ts';
import type { JsonObject } from './json.ts';
import { refusalResponse } from './refusals/response.ts';
import type { Result } from './result.ts';
import type { VerifiedJws } from './verified.ts';

function claims(restrictions: object): IdJagClaims {
  const payload = {
    jti: 'j',
    iss: 'https://i.example',
    sub: 's',
    aud: 'https://a.example',
    client_id: 'c',
    iat: 1,
    exp: 2,
    ...restrictions,
  };
  const result = checkTypes({ header: {}, payload: payload as JsonObject } as VerifiedJws);
  if (!result.ok) throw new Error('unreadable claims');
  return result.value;
}

function outcome(result: Result<unknown>): unknown {
  if (result.ok) return result.value;
  expect(JSON.parse(refusalResponse(result.refusal, { id: 'i' }).body)).toEqual({
    error: 'invalid_grant',
    error_description: 'The assertion is not acceptable [i]',
  });
  return result.refusal.code;
}

verifies(['RED-16', 'ATK-30', 'ATK-46'], 'a resource claim of a wrong shape refuses the whole', () => {
  const wrong = [
    null,
    1,
    {},
    [],
    [1],
    [['https://a.example']],
    '',
    'mcp',
    'https://a.example/#x',
    ['https://a.example', 'https://b.example/x/../y'],
    'https://u@a.example',
    Array.from({ length: 17 }, () => 'https://a.example'),
  ];
  for (const resource of wrong)
    expect(outcome(readResources(claims({ resource }))), JSON.stringify(resource)).toBe('assertion/resource-malformed');
});

test('resource is a string, an array or absent', () => {
  expect(outcome(readResources(claims({ resource: 'https://a.example' })))).toEqual(['https://a.example']);
  expect(outcome(readResources(claims({ resource: ['https://a.example', 'https://b.example'] })))).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
  expect(outcome(readResources(claims({})))).toBeUndefined();
});

verifies(['RED-10', 'IDJ-11', 'ATK-46', 'LES-30'], 'a scope claim is one string of scope tokens', () => {
  for (const scope of [['a', 'b'], null, 1, {}, '', ' ', 'a  b', 'a"b', 'a\r\nb'])
    expect(outcome(readScope(claims({ scope }))), JSON.stringify(scope)).toBe('assertion/scope-malformed');
  expect(outcome(readScope(claims({ scope: 'a b' })))).toEqual(['a', 'b']);
  expect(outcome(readScope(claims({})))).toBeUndefined();
});

verifies(['RED-21', 'IDJ-12', 'ATK-32'], 'authorization details are refused, never dropped', () => {
  for (const details of [[{ type: 'x' }], [], 'text', {}, null])
    expect(outcome(checkAuthorizationDetails(claims({ authorization_details: details })))).toBe(
      'assertion/authorization-details',
    );
  expect(outcome(checkAuthorizationDetails(claims({})))).toBeUndefined();
});

verifies('ACT-03', 'an actor chain is kept as it is, up to four deep', () => {
  const chain = (depth: number): JsonObject =>
    depth === 1 ? { sub: 'a1' } : { sub: `a${depth}`, iss: 'https://i.example', act: chain(depth - 1) };

  expect(outcome(readActor(claims({ act: chain(4) })))).toEqual(chain(4));
  expect(outcome(readActor(claims({ act: chain(5) })))).toBe('assertion/actor');
  for (const act of [
    null,
    'agent',
    1,
    [],
    {},
    { sub: 1 },
    { sub: '' },
    { sub: 'a', iss: 1 },
    { sub: 'a', act: 'b' },
    { sub: 'a', act: null },
  ])
    expect(outcome(readActor(claims({ act }))), JSON.stringify(act)).toBe('assertion/actor');
  expect(outcome(readActor(claims({})))).toBeUndefined();
});
