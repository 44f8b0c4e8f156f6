import { verifies } from '@crossgrant/testkit';
import { expect, test } from 'vitest';
import { parseIssuerUrl, trailingSlashAlias } from './issuer.ts';

function problemOf(text: string, allowHttpLoopback = false): string | undefined {
  const parsed = parseIssuerUrl(text, { allowHttpLoopback });
  return parsed.ok ? undefined : parsed.refusal.problem;
}

verifies('MET-05', 'an issuer is https without query, fragment and user info', () => {
  expect(problemOf('http://as.example')).toBe('scheme');
  expect(problemOf('ftp://as.example')).toBe('scheme');
  expect(problemOf('https://as.example/?')).toBe('query-or-fragment');
  expect(problemOf('https://as.example/#')).toBe('query-or-fragment');
  expect(problemOf('https://as.example/?x=1')).toBe('query-or-fragment');
  expect(problemOf('https://user@as.example/')).toBe('user-info');
  expect(problemOf('as.example')).toBe('not-a-url');
});

verifies('ATK-20', 'an issuer in any but its canonical spelling is refused', () => {
  for (const text of [
    'https://AS.example',
    'HTTPS://as.example',
    'https://as.example:443',
    'https://as.example/a/../b',
    ' https://as.example',
    'https://as.example\t',
    'https://bücher.example',
    'https:\\\\as.example',
  ]) {
    expect(problemOf(text), text).toBe('not-canonical');
  }
  expect(problemOf('https://u:p@as.example')).toBe('user-info');
});

test('the text is kept to the letter', () => {
  for (const text of [
    'https://as.example',
    'https://as.example/',
    'https://as.example:8443/t/1',
    'https://as.example/t/',
  ]) {
    const parsed = parseIssuerUrl(text);
    expect(parsed.ok && parsed.value).toBe(text);
  }
});

verifies('LES-02', 'http is an issuer only in development and on loopback', () => {
  expect(problemOf('http://127.0.0.1:4701', true)).toBeUndefined();
  expect(problemOf('http://localhost:4701', true)).toBeUndefined();
  expect(problemOf('http://127.0.0.1:4701', false)).toBe('scheme');
  expect(problemOf('http://0.0.0.0:4701', true)).toBe('scheme');
  expect(problemOf('http://127.0.0.1.nip.io', true)).toBe('scheme');
});

verifies('TEX-13', 'an origin-only issuer has one alias, an issuer with a path has none', () => {
  expect(trailingSlashAlias('https://as.example')).toBe('https://as.example/');
  expect(trailingSlashAlias('https://as.example/')).toBe('https://as.example');
  expect(trailingSlashAlias('https://as.example/t')).toBeUndefined();
  expect(trailingSlashAlias('https://as.example/t/')).toBeUndefined();
  expect(trailingSlashAlias('https://AS.example')).toBeUndefined();
  expect(trailingSlashAlias('junk')).toBeUndefined();
});
