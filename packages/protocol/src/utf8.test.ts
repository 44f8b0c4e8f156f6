import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { decodeUtf8 } from './utf8.ts';

verifies('ATK-46', 'bytes that are no UTF-8 are not read as something else', () => {
  const wrong = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]];
  for (const bytes of wrong) expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
  for (const text of ['', 'a=b', '\ufeffa=b', '€𝄞']) expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
});
