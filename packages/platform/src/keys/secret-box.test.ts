import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { secretBoxFromKey } from './secret-box.ts';

const box = secretBoxFromKey(new Uint8Array(32).fill(7));

test('what was sealed opens, and is different each time', () => {
  const sealed = box.seal('a', 'text ü');
  expect(box.open('a', sealed)).toBe('text ü');
  expect(box.seal('a', 'text ü')).not.toBe(sealed);
});

verifies('LES-27', 'sealed for one purpose, opened for another: fails', () => {
  expect(() => box.open('b', box.seal('a', 'text'))).toThrow();
  expect(box.mac('a', 'text')).not.toBe(box.mac('b', 'text'));
  expect(box.mac('a', 'text')).toBe(secretBoxFromKey(new Uint8Array(32).fill(7)).mac('a', 'text'));
});

test('tampered, cut or foreign texts do not open', () => {
  const sealed = box.seal('a', 'text');
  const flipped = `v1.${Buffer.from(sealed.slice(3), 'base64url')
    .map((byte, index) => (index === 14 ? byte ^ 1 : byte))
    .toString()}`;
  for (const bad of [flipped, sealed.slice(0, -4), 'v1.', 'v1.AAAA', '', 'text'])
    expect(() => box.open('a', bad), bad).toThrow();
  expect(() => secretBoxFromKey(new Uint8Array(32).fill(8)).open('a', sealed)).toThrow();
});
