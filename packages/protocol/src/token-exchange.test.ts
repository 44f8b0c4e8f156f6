import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { tokenTypes } from './constants.ts';
import { parseForm } from './form.ts';
import { refusalResponse } from './refusals/response.ts';
import { exchangeForm, exchangeResponse, parseExchangeRequest } from './token-exchange.ts';

const base = {
  requested_token_type: tokenTypes.idJag,
  audience: 'https://auth.chat.example',
  resource: 'https://mcp.chat.example/mcp',
  scope: 'chat.read chat.history',
  subject_token: 'a.b.c',
  subject_token_type: tokenTypes.idToken,
};

function outcome(changes: Record<string, string | string[] | undefined>): unknown {
  const pairs = Object.entries({ ...base, ...changes }).flatMap(([name, value]) =>
    [value ?? []].flat().map((one) => [name, one]),
  );
  const form = parseForm(new URLSearchParams(pairs as string[][]).toString(), { repeatable: ['resource'] });
  const request = form.ok ? parseExchangeRequest(form.value) : form;
  if (request.ok) return request.value;
  return [request.refusal.code, JSON.parse(refusalResponse(request.refusal, { id: 'i' }).body).error];
}

test('a well-formed request is read', () => {
  expect(outcome({})).toEqual({
    audience: 'https://auth.chat.example',
    resources: ['https://mcp.chat.example/mcp'],
    scope: ['chat.read', 'chat.history'],
    subjectToken: 'a.b.c',
    subjectTokenType: tokenTypes.idToken,
    requestedTokenType: tokenTypes.idJag,
  });
  expect(outcome({ resource: undefined, scope: undefined })).toMatchObject({ resources: [], scope: undefined });
  expect(outcome({ resource: ['https://a.example', 'https://b.example'] })).toMatchObject({
    resources: ['https://a.example', 'https://b.example'],
  });
  expect(outcome({ unknown: 'ignored' })).toMatchObject({ subjectToken: 'a.b.c' });
});

verifies('TEX-05', 'another requested token type, or none, is refused', () => {
  for (const type of [undefined, '', tokenTypes.accessToken, tokenTypes.jwt, tokenTypes.idJag.toUpperCase()])
    expect(outcome({ requested_token_type: type })).toEqual(['exchange/requested-token-type', 'invalid_request']);
});

verifies('TEX-02', 'exactly one audience is needed', () => {
  expect(outcome({ audience: undefined })).toEqual(['exchange/audience-missing', 'invalid_request']);
  expect(outcome({ audience: '' })).toEqual(['exchange/audience-missing', 'invalid_request']);
  expect(outcome({ audience: ['https://a.example', 'https://b.example'] })).toEqual([
    'request/duplicate-parameter',
    'invalid_request',
  ]);
});

verifies('TEX-06', 'an unknown subject token type is refused', () => {
  for (const type of [tokenTypes.accessToken, tokenTypes.saml2, tokenTypes.jwt, tokenTypes.idJag, 'id_token'])
    expect(outcome({ subject_token_type: type })).toEqual(['exchange/subject-token-type', 'invalid_request']);
  expect(outcome({ subject_token_type: undefined })).toEqual(['exchange/subject-token-missing', 'invalid_request']);
  expect(outcome({ subject_token: undefined })).toEqual(['exchange/subject-token-missing', 'invalid_request']);
  expect(outcome({ subject_token_type: tokenTypes.refreshToken })).toMatchObject({
    subjectTokenType: tokenTypes.refreshToken,
  });
});

verifies('LES-18', 'an oversized, empty or blank subject token is refused, not dropped', () => {
  expect(outcome({ subject_token: 'x'.repeat(16_385) })).toEqual([
    'exchange/subject-token-too-large',
    'invalid_request',
  ]);
  expect(outcome({ subject_token: 'x'.repeat(16_384) })).toMatchObject({ audience: base.audience });
  expect(outcome({ subject_token: '' })).toEqual(['exchange/subject-token-missing', 'invalid_request']);
  expect(outcome({ subject_token: '  ' })).toEqual(['exchange/subject-token-missing', 'invalid_request']);
});

verifies('TEX-14', 'a malformed resource is refused as invalid_target', () => {
  for (const resource of ['https://mcp.chat.example/mcp#x', '/mcp', ['https://a.example', 'https://b.example/../c']])
    expect(outcome({ resource })).toEqual(['request/resource-malformed', 'invalid_target']);
  expect(outcome({ resource: Array.from({ length: 17 }, (_, index) => `https://r${index}.example`) })).toEqual([
    'request/resource-malformed',
    'invalid_target',
  ]);
});

verifies(['TEX-24', 'ATK-36'], 'an actor token, its type, or both are refused rather than ignored', () => {
  for (const changes of [
    { actor_token: 'a' },
    { actor_token_type: tokenTypes.jwt },
    { actor_token: 'a', actor_token_type: tokenTypes.jwt },
  ])
    expect(outcome(changes)).toEqual(['exchange/actor-token', 'invalid_request']);
});

verifies('TEX-26', 'authorization details are refused rather than ignored', () => {
  for (const details of ['[]', '[{"type":"x"}]', 'junk'])
    expect(outcome({ authorization_details: details })).toEqual([
      'exchange/authorization-details',
      'invalid_authorization_details',
    ]);
});

verifies('LES-30', 'a scope that could leave a header is refused', () => {
  expect(outcome({ scope: 'a"\r\nX:y' })).toEqual(['request/scope-malformed', 'invalid_scope']);
});

verifies(
  ['TEX-20', 'TEX-21', 'TEX-22'],
  'the response names the type, N_A, scope and lifetime, and has no refresh token',
  () => {
    const response = exchangeResponse({
      idJag: 'a.b.c',
      scope: ['chat.read'],
      resources: ['https://mcp.chat.example/mcp'],
      expiresIn: 300,
    });

    expect(response.status).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(response.body)).toEqual({
      issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
      access_token: 'a.b.c',
      token_type: 'N_A',
      scope: 'chat.read',
      resource: 'https://mcp.chat.example/mcp',
      expires_in: 300,
    });
  },
);

test('the body that a client sends is the one that the server reads', () => {
  const body = exchangeForm(
    {
      audience: 'https://a.example',
      resource: 'https://r.example/mcp',
      scope: ['x', 'y'],
      subjectToken: 't',
      subjectTokenType: tokenTypes.idToken,
    },
    { client_id: 'app' },
  );
  const form = parseForm(body);
  const request = form.ok ? parseExchangeRequest(form.value) : form;

  expect(request.ok && request.value.scope).toEqual(['x', 'y']);
  expect(form.ok && form.value.get('client_id')).toBe('app');
});
