import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalDomain, canonicalEmail, domainOf } from './email-address.ts';

verifies('LES-14', 'an address with more than one @, in any disguise, is none', () => {
  for (const text of [
    'v＠corp.example@evil.example',
    'a@evil.example@corp.example',
    '"a@corp.example"@evil.example',
    'a﹫corp.example@evil.example',
    '@corp.example',
    'a@',
    'a',
    '',
    'a b@corp.example',
    'a@corp',
    'a@corp..example',
    'a\u0000@corp.example',
    'a@corp.example/x',
    'a@corp.example#.evil.example',
    'a@corp.example:80',
    'a@corp%2eexample',
    'a@corp.example?',
    'a@corp.example\\x',
    'a@[127.0.0.1]',
    'a\u200b@corp.example',
  ]) {
    expect([text, canonicalEmail(text)]).toEqual([text, undefined]);
  }
});

verifies(['LES-14', 'SUB-08'], 'the domain is folded, the local part is not', () => {
  expect(canonicalEmail(' Ada@ACME.Example ')).toBe('Ada@acme.example');
  expect(canonicalEmail('ada@bücher.example')).toBe('ada@xn--bcher-kva.example');
  expect(canonicalEmail('ada@ｃｏｒｐ.example')).toBe('ada@corp.example');
  expect(canonicalEmail('ada+x@corp.example')).toBe('ada+x@corp.example');
  expect(canonicalDomain('ACME.example')).toBe('acme.example');
});

test('the canonical form is its own canonical form and has exactly one @', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.emailAddress(),
        fc.string({ unit: 'grapheme' }).map((text) => `${text}@corp.example`),
      ),
      (text) => {
        const canonical = canonicalEmail(text);
        if (canonical === undefined) return;
        expect(canonicalEmail(canonical)).toBe(canonical);
        expect(canonical.split('@')).toHaveLength(2);
        expect(canonicalDomain(domainOf(canonical))).toBe(domainOf(canonical));
      },
    ),
  );
});
