import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalizeResource, parseResourceIdentifier, sameResource } from './resource-identifier.ts';

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));

test('never throws on arbitrary text', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        anyText,
        fc.webUrl(),
        fc.string({ unit: fc.constantFrom('h', 'https:', '/', '%', '2', 'e', '.', '@', '#', '?', ':') }),
      ),
      (text) => {
        expect(typeof parseResourceIdentifier(text).ok).toBe('boolean');
        expect(typeof normalizeResource(text)).toBe('string');
      },
    ),
    { numRuns: 300 },
  );
});

test('normalising twice changes nothing, and sameness is an equivalence', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true }), fc.webUrl(), (a, b) => {
      expect(normalizeResource(normalizeResource(a))).toBe(normalizeResource(a));
      expect(sameResource(a, a)).toBe(true);
      expect(sameResource(a, b)).toBe(sameResource(b, a));
    }),
  );
});

test('an identifier and its URL.href are the same resource', () => {
  fc.assert(
    fc.property(fc.webUrl({ validSchemes: ['https'] }), (text) => {
      fc.pre(parseResourceIdentifier(text).ok);
      expect(sameResource(text, new URL(text).href)).toBe(true);
    }),
  );
});
