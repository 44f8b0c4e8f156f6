import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { type RefusalCode, refusalCatalogue, refusalEntry } from './catalogue.ts';
import type { RefusalEntry } from './entry.ts';
import { sentences } from './entry.ts';
import { faultResponse, refusalResponse } from './response.ts';

const entries = Object.entries(refusalCatalogue) as [RefusalCode, RefusalEntry][];

verifies(
  ['RED-32', 'TEX-27', 'ATK-53', 'ATK-54'],
  'grant, client and policy refusals are worded by a short fixed list',
  () => {
    const allowed: Record<string, readonly string[]> = {
      invalid_grant: [sentences.subjectToken, sentences.assertion],
      invalid_client: [sentences.clientFailed],
      unauthorized_client: [sentences.clientMayNot],
      access_denied: [sentences.denied],
    };
    for (const [code, entry] of entries) {
      const list = allowed[entry.error];
      if (list !== undefined) expect(list, code).toContain(entry.sentence);
    }
  },
);

verifies(['RED-32', 'TEX-27'], 'a response holds the sentence and the id, and nothing of the detail', () => {
  const response = refusalResponse(
    { code: 'assertion/audience', detail: { audiences: ['https://secret.example'] } },
    { id: 'aud_1', explainUrl: 'https://idp.example/why' },
  );

  expect(response.status).toBe(400);
  expect(JSON.parse(response.body)).toEqual({
    error: 'invalid_grant',
    error_description: 'The assertion is not acceptable [aud_1]',
    error_uri: 'https://idp.example/why/aud_1',
  });
  expect(response.headers['cache-control']).toBe('no-store');
});

verifies('STP-01', 'a step-up says what would satisfy it', () => {
  const response = refusalResponse(
    { code: 'policy/step-up', wire: { acr_values: 'phr phrh', max_age: 300 } },
    { id: 'aud_1' },
  );

  expect(response.status).toBe(400);
  expect(JSON.parse(response.body)).toMatchObject({
    error: 'insufficient_user_authentication',
    acr_values: 'phr phrh',
    max_age: 300,
  });
});

test('a challenge and a nonce go into headers', () => {
  const response = refusalResponse(
    { code: 'client/secret', wire: { dpop_nonce: 'n' } },
    { id: 'i', wwwAuthenticate: 'Basic realm="x"' },
  );

  expect(response.status).toBe(401);
  expect(response.headers).toMatchObject({ 'www-authenticate': 'Basic realm="x"', 'dpop-nonce': 'n' });
  expect(response.body).not.toContain('dpop_nonce');
});

test('faults say nothing but the id', () => {
  expect(faultResponse('server_error', 'i')).toMatchObject({
    status: 500,
    body: '{"error":"server_error","error_description":"Something went wrong here [i]"}',
  });
  expect(faultResponse('temporarily_unavailable', 'i')).toMatchObject({ status: 503 });
  expect(faultResponse('temporarily_unavailable', 'i').headers['retry-after']).toBe('5');
});

test('every entry is complete, and its text can stand in a header', () => {
  for (const [code, entry] of entries) {
    expect(code).toMatch(/^[a-z-]+\/[a-z-]+$/);
    expect(entry.sentence, code).toMatch(/^[A-Z][\x20-\x21\x23-\x5B\x5D-\x7E]+[^.]$/);
    expect(entry.reason, code).toMatch(/\.$/);
    expect([400, 401, 403, 404, 405, 413, 415, 421, 429]).toContain(entry.status);
    expect(refusalEntry(code)).toBe(entry);
  }
});

test('invalid_client is 401, all other token endpoint errors of grants are 400', () => {
  for (const [code, entry] of entries) {
    if (entry.error === 'invalid_client') expect(entry.status, code).toBe(401);
    if (
      ['invalid_grant', 'invalid_target', 'invalid_scope', 'unauthorized_client', 'access_denied'].includes(entry.error)
    )
      expect(entry.status, code).toBe(400);
  }
});
