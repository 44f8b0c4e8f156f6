import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, formatAddress, parseAddress, parseRange } from './address.ts';

const read = (text: string): string | undefined => {
  const bytes = parseAddress(text);
  return bytes === undefined ? undefined : formatAddress(bytes);
};

verifies('LES-74', 'odd spellings of addresses are no addresses', () => {
  for (const text of [
    '010.0.0.1',
    '10.1',
    '10',
    '0x7f.0.0.1',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '１.2.3.4',
    '',
    '::1%lo',
    'fe80::1%eth0',
    '1::2::3',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.4:5',
    '1:2:3:4:5:6:7::8',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ]) {
    expect(parseAddress(text), text).toBeUndefined();
  }
});

verifies('LES-74', 'an IPv4 address in IPv6 dress is the IPv4 address, also for ranges', () => {
  expect(read('::ffff:10.1.1.1')).toBe('10.1.1.1');
  expect(read('::ffff:0a01:0101')).toBe('10.1.1.1');
  expect(read('0:0:0:0:0:FFFF:10.1.1.1')).toBe('10.1.1.1');
  const ten = parseRange('10.0.0.0/8');
  const mappedTen = parseRange('::ffff:10.0.0.0/104');
  for (const range of [ten, mappedTen]) {
    expect(range && contains(range, parseAddress('::ffff:10.1.1.1') ?? new Uint8Array())).toBe(true);
    expect(range && contains(range, parseAddress('11.1.1.1') ?? new Uint8Array())).toBe(false);
  }
});

test('addresses are read and written canonically', () => {
  expect(read('2001:DB8::0:1')).toBe('2001:db8::1');
  expect(read('::')).toBe('::');
  expect(read('1:2:3:4:5:6:7:8')).toBe('1:2:3:4:5:6:7:8');
  expect(read('64:ff9b::192.0.2.1')).toBe('64:ff9b::c000:201');
  expect(read('203.0.113.7')).toBe('203.0.113.7');
});

test('ranges are read strictly and compared bit by bit', () => {
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10/8',
    'fd00::/129',
    '::ffff:10.0.0.0/8',
    'example',
  ]) {
    expect(parseRange(text), text).toBeUndefined();
  }
  const odd = parseRange('172.16.0.0/12');
  expect(odd && contains(odd, parseAddress('172.31.255.255') ?? new Uint8Array())).toBe(true);
  expect(odd && contains(odd, parseAddress('172.32.0.0') ?? new Uint8Array())).toBe(false);
});

test('any address written out reads back as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const once = read(text);
      expect(once).toBeDefined();
      expect(read(once ?? '')).toBe(once);
    }),
  );
});
