import {
  generateSigningKey,
  type VerificationKey,
  type VerifiedJws,
  verificationKeyOf,
} from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { createSignatureMemory } from './signature-memory.ts';

const keys: readonly VerificationKey[] = [verificationKeyOf(generateSigningKey('ES256'))];
const verified = { header: {}, payload: { sub: 'ada' } } as unknown as VerifiedJws;

verifies('LES-36', 'a token is remembered whole: one character more or less is another token', () => {
  const memory = createSignatureMemory(10);
  const token = `${'a'.repeat(200)}.one`;
  memory.keep(memory.nameOf(token), keys, verified);
  expect(memory.find(memory.nameOf(token), keys)).toBe(verified);
  for (const other of [`${token}x`, token.slice(0, -1), `${'a'.repeat(200)}.two`])
    expect(memory.find(memory.nameOf(other), keys)).toBeUndefined();
});

verifies('LES-36', 'another key set knows nothing of what the last one verified, not even when it comes back', () => {
  const memory = createSignatureMemory(10);
  memory.keep('token', keys, verified);
  expect(memory.find('token', [])).toBeUndefined();
  expect(memory.find('token', keys)).toBeUndefined();
});

test('the oldest token leaves when there is no room', () => {
  const memory = createSignatureMemory(2);
  for (const name of ['one', 'two', 'three']) memory.keep(name, keys, verified);
  expect(['one', 'two', 'three'].map((name) => memory.find(name, keys) !== undefined)).toEqual([false, true, true]);
});
