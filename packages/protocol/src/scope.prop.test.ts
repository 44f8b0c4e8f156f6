import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatScope, intersect, isSubset, parseScope, union } from './scope.ts';

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));

const scopes = fc.uniqueArray(
  fc.string({ unit: fc.constantFrom('a', 'b', '.', ':', '!'), minLength: 1, maxLength: 3 }),
  { minLength: 1, maxLength: 8 },
);

verifies(
  ['RED-19', 'TEX-17', 'ATK-27', 'ATK-28'],
  'an intersection never widens either side, in whatever order',
  () => {
    fc.assert(
      fc.property(scopes, scopes, scopes, (a, b, c) => {
        const all = intersect(intersect(a, b), c);
        expect(isSubset(all, a) && isSubset(all, b) && isSubset(all, c)).toBe(true);
        expect([...intersect(a, intersect(c, b))].sort()).toEqual([...all].sort());
        expect(intersect(a, a)).toEqual(a);
      }),
    );
  },
);

test('a union holds both and nothing else', () => {
  fc.assert(
    fc.property(scopes, scopes, (a, b) => {
      const both = union(a, b);
      expect(isSubset(a, both) && isSubset(b, both)).toBe(true);
      expect(both.every((token) => a.includes(token) || b.includes(token))).toBe(true);
    }),
  );
});

test('a scope set reads back from its text', () => {
  fc.assert(
    fc.property(scopes, (scope) => {
      const parsed = parseScope(formatScope(scope));
      expect(parsed.ok && parsed.value).toEqual(scope);
    }),
  );
});

test('never throws on arbitrary text, and what it accepts is printable ASCII', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (parseScope(text).ok) expect(/^[\x21\x23-\x5B\x5D-\x7E ]+$/.test(text)).toBe(true);
    }),
  );
});
