import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isAcceptableRedirectUri, isRegisteredRedirectUri } from './redirect-uri.ts';

verifies('LES-17', 'addresses that run code, read files or leave in the clear cannot be registered', () => {
  const refused = [
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://a.example/1',
    'about:blank',
    'ftp://a.example/',
    'mailto:a@a.example',
    'http://a.example/cb',
    'https://u:p@a.example/cb',
    'https://a.example/cb#f',
    'https://a.example/\u0000',
    'https://a.example/ cb',
    '/cb',
    '',
    'x:',
    '//a.example/cb',
  ];
  for (const uri of refused) expect([uri, isAcceptableRedirectUri(uri)]).toEqual([uri, false]);
  const accepted = [
    'https://a.example/cb',
    'https://a.example/cb?x=1',
    'http://127.0.0.1:5/cb',
    'http://[::1]/cb',
    'http://localhost:5/cb',
    'com.example.app:/cb',
    'cursor://anysphere.cursor-mcp/cb',
  ];
  for (const uri of accepted) expect([uri, isAcceptableRedirectUri(uri)]).toEqual([uri, true]);
});

verifies('LES-02', 'names and wildcard addresses are not this machine', () => {
  for (const host of [
    '0.0.0.0',
    '[::]',
    '127.0.0.1.nip.io',
    'evil-localhost.example',
    'localhost.',
    'localhost.example',
    '[::ffff:127.0.0.1]',
  ]) {
    expect([host, isAcceptableRedirectUri(`http://${host}/cb`)]).toEqual([host, false]);
  }
});

test('only the registered text matches, or the same loopback literal with another port', () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['https'] }), fc.webUrl({ validSchemes: ['https'] }), (registered, asked) => {
      expect(isRegisteredRedirectUri(asked, [registered])).toBe(asked === registered && isAcceptableRedirectUri(asked));
    }),
  );
  expect(isRegisteredRedirectUri(['https://a.example/cb'], ['https://a.example/cb'])).toBe(false);
});
