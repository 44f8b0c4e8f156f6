import { verifies } from '@crossgrant/testkit';
import { expect } from 'vitest';
import { isLoopbackAddress, isLoopbackHost, matchesRedirectUri } from './loopback.ts';

verifies('LES-02', 'only literals of 127.0.0.0/8, [::1] and exactly localhost are loopback', () => {
  for (const host of ['127.0.0.1', '127.255.255.254', '127.0.0.0', '[::1]', '::1', 'localhost'])
    expect(isLoopbackHost(host), host).toBe(true);
  const others = [
    '0.0.0.0',
    '::',
    '[::]',
    '127.0.0.1.nip.io',
    'evil-localhost.example',
    'localhost.',
    'localhost.evil.example',
    'LOCALHOST',
    '127.0.0',
    '127.0.0.256',
    '127.0.0.01',
    '127.1',
    '128.0.0.1',
    '127.0.0.1.',
    '0127.0.0.1',
    '::ffff:127.0.0.1',
    '2130706433',
    '0x7f.0.0.1',
    '',
    '127...1',
    '127.0.0.1e0',
  ];
  for (const host of others) expect(isLoopbackHost(host), host).toBe(false);
  expect(isLoopbackAddress('localhost')).toBe(false);
});

verifies('LES-02', 'a redirect may differ in the port of a loopback literal and in nothing else', () => {
  expect(matchesRedirectUri('http://127.0.0.1:5/cb', 'http://127.0.0.1:61234/cb')).toBe(true);
  expect(matchesRedirectUri('http://127.0.0.1/cb', 'http://127.0.0.1:61234/cb')).toBe(true);
  expect(matchesRedirectUri('http://[::1]/cb', 'http://[::1]:8080/cb')).toBe(true);
  expect(matchesRedirectUri('http://localhost:5/cb', 'http://localhost:5/cb')).toBe(true);

  const refused = [
    ['http://localhost:5/cb', 'http://localhost:6/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1/cb2'],
    ['http://127.0.0.1/cb', 'http://127.0.0.2/cb'],
    ['http://127.0.0.1/cb', 'http://0.0.0.0/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1.nip.io/cb'],
    ['http://127.0.0.1/cb', 'http://evil@127.0.0.1/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:80@evil.example/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:99999/cb'],
    ['http://127.0.0.1/cb', 'http://127.0.0.1:/cb'],
    ['http://127.0.0.1/cb', 'https://127.0.0.1/cb'],
    ['https://app.example/cb', 'https://app.example:8443/cb'],
    ['https://app.example/cb', 'https://app.example/cb/../x'],
  ] as const;
  for (const [registered, asked] of refused) expect(matchesRedirectUri(registered, asked), asked).toBe(false);
});
