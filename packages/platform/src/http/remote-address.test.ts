import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { parseRanges, remoteAddress } from './remote-address.ts';

const proxies = parseRanges(['10.0.0.0/8', 'fd00::/8'], 'trustedProxies');

verifies('LES-74', 'forwarded addresses count from a named proxy alone, and then the last untrusted hop does', () => {
  expect(remoteAddress('203.0.113.9', ['198.51.100.1'], proxies)).toBe('203.0.113.9');
  expect(remoteAddress('203.0.113.9', ['198.51.100.1'], [])).toBe('203.0.113.9');
  expect(remoteAddress('::ffff:10.1.1.1', ['198.51.100.1'], proxies)).toBe('198.51.100.1');
  expect(remoteAddress('10.1.1.1', ['1.2.3.4, 198.51.100.1'], proxies)).toBe('198.51.100.1');
  expect(remoteAddress('10.1.1.1', ['1.2.3.4', '198.51.100.1, 10.2.2.2', 'fd00::1'], proxies)).toBe('198.51.100.1');
  expect(remoteAddress('10.1.1.1', ['10.3.3.3'], proxies)).toBe('10.3.3.3');
});

verifies('LES-74', 'what cannot be read strictly ends the walk', () => {
  expect(remoteAddress('10.1.1.1', ['198.51.100.1, 010.0.0.1'], proxies)).toBe('10.1.1.1');
  expect(remoteAddress('10.1.1.1', ['198.51.100.1:443'], proxies)).toBe('10.1.1.1');
  expect(remoteAddress('10.1.1.1', ['unknown'], proxies)).toBe('10.1.1.1');
  expect(remoteAddress('10.1.1.1', [], proxies)).toBe('10.1.1.1');
  expect(remoteAddress('fe80::1%eth0', [], proxies)).toBe('fe80::1');
  expect(remoteAddress(undefined, ['1.2.3.4'], proxies)).toBe('');
});

test('a proxy range that cannot be read stops the start', () => {
  expect(() => parseRanges(['10.1'], 'trustedProxies')).toThrow(expect.objectContaining({ code: 'address/range' }));
});
