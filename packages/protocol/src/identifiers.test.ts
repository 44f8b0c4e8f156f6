import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { isPlainIdentifier, newId, newJti, newSecret } from './identifiers.ts';

verifies('IDJ-07', 'a token identifier is text with at least 128 random bits, never the same twice', () => {
  const made = new Set(Array.from({ length: 10_000 }, () => newJti()));

  expect(made.size).toBe(10_000);
  for (const jti of made) expect(jti).toMatch(/^[0-9a-hjkmnp-tv-z]{42}$/);
  expect(new Set([...made].map((jti) => jti.slice(10))).size).toBe(10_000);
});

test('identifiers carry their kind and sort by time', () => {
  const early = newId('con', 1_795_478_400_000);
  const late = newId('con', 1_795_478_400_001);

  expect(early).toMatch(/^con_[0-9a-hjkmnp-tv-z]{26}$/);
  expect(early < late).toBe(true);
});

verifies('CAU-05', 'secrets and identifiers read the same raw and form-encoded', () => {
  for (const text of [newSecret(), newId('app')]) {
    expect(isPlainIdentifier(text)).toBe(true);
    expect(encodeURIComponent(text)).toBe(text);
  }
  for (const text of ['', 'a b', 'a:b', 'a+b', 'a%62', 'é', 'x'.repeat(257)])
    expect(isPlainIdentifier(text)).toBe(false);
});
