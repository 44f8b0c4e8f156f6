import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStrictJson } from './json.ts';

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));

test('never throws on arbitrary text', () => {
  fc.assert(
    fc.property(
      fc.oneof(anyText, fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ') })),
      (text) => {
        expect(typeof parseStrictJson(text).ok).toBe('boolean');
      },
    ),
    { numRuns: 400 },
  );
});

test('accepts whatever the native parser writes, and reads the same', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      fc.pre(!JSON.stringify(value).includes('"__proto__"'));
      const parsed = parseStrictJson(JSON.stringify(value));
      expect(parsed.ok && JSON.stringify(parsed.value)).toBe(JSON.stringify(value));
    }),
  );
});

test('accepts nothing that the native parser refuses', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', '1', ' ', '"a":') }),
      (text) => {
        if (parseStrictJson(text).ok) expect(() => JSON.parse(text)).not.toThrow();
      },
    ),
    { numRuns: 400 },
  );
});
