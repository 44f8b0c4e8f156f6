import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { openSecretBox, secretBoxFromKey } from './secret-box.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'crossgrant-box-'));
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

test('a key file that others can read is refused', () => {
  const file = join(folder(), 'key');
  openSecretBox({ file, createIfMissing: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const mode of [0o640, 0o604, 0o644]) {
    chmodSync(file, mode);
    expect(() => openSecretBox({ file })).toThrow(expect.objectContaining({ code: 'secret-box/readable' }));
  }
});

test('a missing key is one sentence, unless it may be made', () => {
  const file = join(folder(), 'deep', 'key');
  expect(() => openSecretBox({ file })).toThrow(expect.objectContaining({ code: 'secret-box/missing' }));
  expect(() => openSecretBox({ env: 'CROSSGRANT_NO_SUCH_KEY' })).toThrow(
    expect.objectContaining({ code: 'secret-box/missing' }),
  );
  const first = openSecretBox({ file, createIfMissing: true });
  const second = openSecretBox({ file, createIfMissing: true });
  expect(second.open('a', first.seal('a', 'x'))).toBe('x');
  expect(readdirSync(join(file, '..'))).toEqual(['key']);
});

test('the key is read from the environment in three forms, and must be 32 bytes', () => {
  const bytes = Buffer.alloc(32, 0xfb);
  const expected = secretBoxFromKey(bytes).mac('a', 'x');
  for (const text of [bytes.toString('base64url'), bytes.toString('base64'), bytes.toString('hex')]) {
    process.env.CROSSGRANT_TEST_KEY = text;
    expect(openSecretBox({ env: 'CROSSGRANT_TEST_KEY' }).mac('a', 'x')).toBe(expected);
  }
  for (const text of ['short', bytes.subarray(1).toString('base64url'), `${bytes.toString('base64url')}!`]) {
    process.env.CROSSGRANT_TEST_KEY = text;
    expect(() => openSecretBox({ env: 'CROSSGRANT_TEST_KEY' })).toThrow(
      expect.objectContaining({ code: 'secret-box/length' }),
    );
  }
  delete process.env.CROSSGRANT_TEST_KEY;
});

test('a key file holds nothing but the key', () => {
  const file = join(folder(), 'key');
  openSecretBox({ file, createIfMissing: true });
  expect(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')).toHaveLength(32);
  writeFileSync(file, 'nonsense', { mode: 0o600 });
  expect(() => openSecretBox({ file })).toThrow(expect.objectContaining({ code: 'secret-box/length' }));
});
