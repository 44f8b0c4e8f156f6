import { verifies } from '@crossgrant/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCompactJws } from './parse.ts';

/** Any UTF-16 units, lone surrogates included. */
const anyText = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));

const encode = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');
const header = encode('{"alg":"ES256"}');
const payload = encode('{"iss":"x"}');
const signature = encode('signature');

function problemOf(text: string): string | undefined {
  const parsed = parseCompactJws(text);
  return parsed.ok ? undefined : parsed.refusal.problem;
}

test('three parts are read', () => {
  const parsed = parseCompactJws(`${header}.${payload}.${signature}`);

  expect(parsed.ok && JSON.parse(JSON.stringify(parsed.value.header))).toEqual({ alg: 'ES256' });
  expect(parsed.ok && parsed.value.signingInput).toBe(`${header}.${payload}`);
});

verifies('RED-06', 'anything but three non-empty parts is refused', () => {
  for (const text of ['', 'a', 'a.b', header, `${header}.${payload}`]) expect(problemOf(text), text).toBe('parts');
  for (const text of [`${header}.${payload}.${signature}.`, `${header}.${payload}.${signature}.x`, `${'.'.repeat(9)}`])
    expect(problemOf(text), text).toBe('parts');
  expect(problemOf('..')).toBe('header');
  expect(problemOf(`${header}..${signature}`)).toBe('payload');
  expect(problemOf(`.${payload}.${signature}`)).toBe('header');
});

verifies(['RED-06', 'ATK-47'], 'five parts are refused as encrypted', () => {
  expect(problemOf('a.b.c.d.e')).toBe('encrypted');
  expect(problemOf(`${header}....`)).toBe('encrypted');
});

verifies(['RED-06', 'ATK-03'], 'a stripped signature is refused', () => {
  expect(problemOf(`${header}.${payload}.`)).toBe('encoding');
});

verifies(['RED-06', 'LES-29'], 'padding, stray bits, blanks and the other alphabet are refused in every part', () => {
  for (const spoil of [
    (part: string) => `${part}=`,
    (part: string) => ` ${part}`,
    (part: string) => `${part}\n`,
    (part: string) => `${part.slice(0, -1)}+`,
    (part: string) => `${part}A`.slice(0, part.length + 1),
  ]) {
    expect(problemOf(`${spoil(header)}.${payload}.${signature}`)).toBe('header');
    expect(problemOf(`${header}.${spoil(payload)}.${signature}`)).toBe('payload');
    expect(problemOf(`${header}.${payload}.${spoil(signature)}`)).toBe('encoding');
  }
  expect(encode('ab')).toBe('YWI');
  expect(problemOf(`${header}.${payload}.YWJ`)).toBe('encoding');
});

verifies(['RED-06', 'LES-35'], 'header and payload must be JSON objects', () => {
  for (const text of ['[]', 'null', '"a"', '1', '', '{', '{"a":1,"a":2}', '{"__proto__":{}}', '{"a":1e400}']) {
    expect(problemOf(`${encode(text)}.${payload}.${signature}`), text).toBe('header');
    expect(problemOf(`${header}.${encode(text)}.${signature}`), text).toBe('payload');
  }
});

verifies(['RED-06', 'LES-29'], 'bytes that are not UTF-8 are refused, also behind a byte order mark', () => {
  const broken = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);

  expect(problemOf(`${header}.${encode(broken)}.${signature}`)).toBe('payload');
  expect(problemOf(`${header}.${encode('\uFEFF{}')}.${signature}`)).toBe('payload');
});

verifies('RED-02', 'an assertion over 16 KiB, a header over 2 KiB and deep nesting are refused', () => {
  const large = encode(JSON.stringify({ a: 'x'.repeat(12_300) }));
  const longHeader = encode(JSON.stringify({ alg: 'ES256', a: 'x'.repeat(2_048) }));
  const deep = encode(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`);

  expect(problemOf(`${header}.${large}.${signature}`)).toBe('too-large');
  expect(problemOf(`${longHeader}.${payload}.${signature}`)).toBe('too-large');
  expect(problemOf(`${header}.${deep}.${signature}`)).toBe('payload');
});

verifies('LES-35', '16 KiB of dots are refused without a large allocation', () => {
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 1_000; count++) problemOf('.'.repeat(16_384));
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1_024 * 1_024);
  expect(problemOf('.'.repeat(16_384))).toBe('parts');
});

test('never throws on arbitrary text', () => {
  const part = fc.oneof(
    fc.string({ unit: fc.constantFrom('A', 'e', 'y', '-', '_', '=', '.') }),
    fc.json().map(encode),
    anyText,
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      expect(typeof parseCompactJws(parts.join('.')).ok).toBe('boolean');
    }),
    { numRuns: 500 },
  );
});
