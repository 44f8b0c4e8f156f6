import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import type { IdJagClaims, JsonObject } from '../index.ts';
import { readConfirmation } from './confirmation.ts';
import { generateSigningKey } from './signing-key.ts';

const key = generateSigningKey('ES256');

function outcome(cnf: unknown): unknown {
  const result = readConfirmation({ payload: (cnf === undefined ? {} : { cnf }) as JsonObject } as IdJagClaims);
  return result.ok ? result.value : result.refusal.code;
}

verifies(['DPO-08', 'RED-15'], 'jkt and jwk name the same key, and no cnf names none', () => {
  expect(outcome({ jkt: key.kid })).toBe(key.kid);
  expect(outcome({ jwk: key.publicJwk })).toBe(key.kid);
  expect(outcome(undefined)).toBeUndefined();
});

verifies(['RED-15', 'DPO-08', 'ATK-33'], 'any other cnf refuses, whatever it says', () => {
  const others = [
    {},
    null,
    '',
    0,
    false,
    [],
    { jkt: 'x' },
    { jkt: '' },
    { jkt: [key.kid] },
    { jkt: `${key.kid}=` },
    { jwk: {} },
    { jwk: key.kid },
    { jwk: key.privateKey.export({ format: 'jwk' }) },
    { jwk: { kty: 'oct', k: 'AAAA' } },
    { jkt: key.kid, jwk: key.publicJwk },
    { jkt: key.kid, 'x5t#S256': 'x' },
    { 'x5t#S256': 'x' },
    { kid: key.kid },
    { jku: 'https://keys.example' },
  ];
  for (const cnf of others) expect(outcome(cnf), JSON.stringify(cnf)).toBe('assertion/confirmation-unsupported');
});
