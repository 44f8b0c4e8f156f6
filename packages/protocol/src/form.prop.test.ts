import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatForm, parseForm } from './form.ts';

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));

test('never throws on arbitrary text', () => {
  fc.assert(
    fc.property(
      fc.oneof(anyText, fc.string({ unit: fc.constantFrom('&', '=', '%', '+', 'a', '2', 'f', '\0') })),
      (body) => {
        expect(typeof parseForm(body).ok).toBe('boolean');
      },
    ),
    { numRuns: 400 },
  );
});

test('reads back what was written', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((value) => !value.includes('\0'));
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 20 }), (pairs) => {
      const form = parseForm(formatForm(pairs));
      expect(form.ok).toBe(true);
      if (form.ok) for (const [name, value] of pairs) expect(form.value.get(name)).toBe(value);
    }),
  );
});

test('agrees with URLSearchParams on every form it accepts', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('&', '=', '%41', '%2B', '+', 'a', 'b') }), (body) => {
      const form = parseForm(body);
      if (!form.ok) return;
      for (const [name, value] of new URLSearchParams(body)) expect(form.value.get(name) ?? '').toBe(value);
    }),
    { numRuns: 1_000 },
  );
});
