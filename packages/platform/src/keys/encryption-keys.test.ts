import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { encryptionKeyFrom, endPreviousKeyInFile, exchangeKeyInFile, openEncryptionKeys } from './encryption-keys.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'crossgrant-box-'));

test('a key file that others can read is refused', () => {
  const file = join(folder(), 'key');
  openEncryptionKeys({ file, createIfMissing: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const mode of [0o640, 0o604, 0o644]) {
    chmodSync(file, mode);
    expect(() => openEncryptionKeys({ file })).toThrow(expect.objectContaining({ code: 'secret-box/readable' }));
  }
});

test('a missing key is one sentence, unless it may be made', () => {
  const file = join(folder(), 'deep', 'key');
  expect(() => openEncryptionKeys({ file })).toThrow(expect.objectContaining({ code: 'secret-box/missing' }));
  expect(() => openEncryptionKeys({ env: 'CROSSGRANT_NO_SUCH_KEY' })).toThrow(
    expect.objectContaining({ code: 'secret-box/missing' }),
  );
  const first = openEncryptionKeys({ file, createIfMissing: true });
  const second = openEncryptionKeys({ file, createIfMissing: true });
  expect(second.current.box.open('a', first.current.box.seal('a', 'x'))).toBe('x');
  expect(readdirSync(join(file, '..'))).toEqual(['key']);
});

test('the key is read from the environment in three forms, and must be 32 bytes', () => {
  const bytes = Buffer.alloc(32, 0xfb);
  const expected = encryptionKeyFrom(bytes).id;
  for (const text of [bytes.toString('base64url'), bytes.toString('base64'), bytes.toString('hex')]) {
    process.env.CROSSGRANT_TEST_KEY = text;
    expect(openEncryptionKeys({ env: 'CROSSGRANT_TEST_KEY' }).current.id).toBe(expected);
  }
  for (const text of ['short', bytes.subarray(1).toString('base64url'), `${bytes.toString('base64url')}!`]) {
    process.env.CROSSGRANT_TEST_KEY = text;
    expect(() => openEncryptionKeys({ env: 'CROSSGRANT_TEST_KEY' })).toThrow(
      expect.objectContaining({ code: 'secret-box/length' }),
    );
  }
  delete process.env.CROSSGRANT_TEST_KEY;
});

test('a key file holds nothing but the key', () => {
  const file = join(folder(), 'key');
  openEncryptionKeys({ file, createIfMissing: true });
  expect(Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url')).toHaveLength(32);
  writeFileSync(file, 'nonsense', { mode: 0o600 });
  expect(() => openEncryptionKeys({ file })).toThrow(expect.objectContaining({ code: 'secret-box/length' }));
});

verifies('LES-47', 'a key file holds the key before on its second line while one is exchanged', () => {
  const file = join(folder(), 'key');
  const { current: old } = openEncryptionKeys({ file, createIfMissing: true });
  exchangeKeyInFile(file);
  const { current, previous } = openEncryptionKeys({ file });
  expect(previous?.id).toBe(old.id);
  expect(current.id).not.toBe(old.id);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  endPreviousKeyInFile(file);
  expect(openEncryptionKeys({ file })).toMatchObject({ current: { id: current.id }, previous: undefined });
  expect(readdirSync(join(file, '..'))).toEqual(['key']);
  writeFileSync(file, `${readFileSync(file, 'utf8').repeat(3)}`);
  expect(() => openEncryptionKeys({ file })).toThrow(expect.objectContaining({ code: 'secret-box/length' }));
});

test('the variable of the key before counts beside that of the key only', () => {
  process.env.CROSSGRANT_TEST_KEY_PREVIOUS = Buffer.alloc(32, 1).toString('base64');
  expect(() => openEncryptionKeys({ env: 'CROSSGRANT_TEST_KEY' })).toThrow();
  process.env.CROSSGRANT_TEST_KEY = Buffer.alloc(32, 2).toString('hex');
  expect(openEncryptionKeys({ env: 'CROSSGRANT_TEST_KEY' }).previous?.id).toBe(
    encryptionKeyFrom(Buffer.alloc(32, 1)).id,
  );
  delete process.env.CROSSGRANT_TEST_KEY_PREVIOUS;
  delete process.env.CROSSGRANT_TEST_KEY;
});
