import fc from 'fast-check';

type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** Texts that have broken parsers elsewhere: prototypes, look-alikes, broken encodings, numbers out of range, long runs. */
const oddTexts: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'then', 'length'],
  ...['', ' ', '\0', '\u{feff}', '\ud800', '\udfff', '\u202e', '\u0000\u0001', 'ﬁ', 'İ', '\r\n', '\t'],
  ...['%', '%0', '%00', '%ff', '%c0%80', '%ed%a0%80', '%2525', '+', '=', '&', '&&', '==', ';', ':', '.', '..', '...'],
  ...['null', 'true', '-0', '1e309', '-1e309', '9007199254740993', '0x10', '1_000', '01', 'NaN', 'Infinity'],
  ...['e30', 'eyJ', 'bm9uZQ', 'AA', '_-', '"', '\\', '\\u0000', '{', '}', '[', ']', '[[[[[[[[[[[[[[[[[[[[', '{"a":'],
  ...['none', 'HS256', 'RS256', 'ES256', 'dpop+jwt', 'at+jwt', 'application/at+jwt', 'oauth-id-jag+jwt', 'AT+JWT'],
  ...['https://', 'http://[::1]', 'https://a@b', 'https://a/..', 'https://a/%2e%2e', 'javascript:1', 'file:///', '//a'],
  ...['a'.repeat(300), '['.repeat(600), ' '.repeat(2_000), '&a'.repeat(80), 'A'.repeat(9_000)],
];

const oddValues: readonly Json[] = [
  ...[null, true, false, 0, -0, -1, 1.5, 1e21, 2 ** 53, -(2 ** 53), 1_795_478_400, 1_795_478_400_000],
  ...[[], [[]], {}, [null], [''], [{}], ['a', 'a'], { a: { b: { c: {} } } }, { jkt: 'x' }, { 'x5t#S256': 'x' }],
  ...oddTexts,
];

/** An edit as plain numbers, so that it is cheap to make and shrinks to small ones. */
const edit = fc.tuple(fc.nat(9), fc.nat(1_000_000), fc.nat(200), fc.nat(1_000));
type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

/** A valid text with a few edits, or now and then any text at all. */
export function mutatedText(samples: readonly string[], tokens: readonly string[] = []): fc.Arbitrary<string> {
  const pieces = [...tokens, ...oddTexts];
  const edited = fc
    .tuple(fc.nat(samples.length - 1), fc.array(edit, { maxLength: 4 }))
    .map(([index, edits]) => edits.reduce((text, each) => editText(text, each, pieces), samples[index] ?? ''));
  return fc.oneof(
    { weight: 9, arbitrary: edited },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  );
}

function editText(text: string, [kind, place, length, which]: Edit, pieces: readonly string[]): string {
  const at = text.length === 0 ? 0 : place % (text.length + 1);
  const end = Math.min(text.length, at + length);
  const piece = pieces[which % pieces.length] ?? '';
  switch (kind) {
    case 0:
      return text.slice(0, at) + text.slice(end);
    case 1:
      return text.slice(0, end) + text.slice(at, end) + text.slice(end);
    case 2:
      return text.slice(0, at) + text.slice(at, at + 1).repeat(length) + text.slice(at + 1);
    case 3:
      return text.slice(0, at);
    case 4:
      return text.slice(0, at) + String.fromCharCode(which % 0x110) + text.slice(at + 1);
    case 5:
      return text.slice(0, at) + text.slice(at, end).toUpperCase() + text.slice(end);
    case 6:
      return text.slice(0, at) + piece + text.slice(end);
    default:
      return text.slice(0, at) + piece + text.slice(at);
  }
}

/** The JSON text of a valid object with a few of its members changed, added, doubled or nested. */
export function mutatedJson(samples: readonly object[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(samples.length - 1), fc.array(edit, { maxLength: 3 }), fc.nat(40))
    .map(([index, edits, last]) => {
      const root = { top: structuredClone(samples[index] ?? {}) as Json };
      for (const each of edits) editJson(root, each);
      const text = JSON.stringify(root.top) ?? 'null';
      return last === 0 ? doubled(text) : text;
    });
}

function editJson(root: { top: Json }, [kind, place, length, which]: Edit): void {
  const spots: [holder: { [name: string]: Json }, name: string][] = [];
  collect(root as unknown as { [name: string]: Json }, spots);
  const spot = spots[place % spots.length];
  if (spot === undefined) return;
  const [holder, name] = spot;
  const value = structuredClone(oddValues[which % oddValues.length] ?? null);
  const inside = holder[name];
  if (kind < 4) put(holder, name, value);
  else if (kind === 4) delete holder[name];
  else if (kind === 5) put(holder, oddTexts[length % oddTexts.length] ?? '', inside ?? null);
  else if (kind === 6) put(holder, name, [inside ?? null]);
  else if (kind === 7) put(holder, name, nested(inside ?? null, length));
  else if (typeof inside === 'object' && inside !== null && !Array.isArray(inside))
    put(inside, oddTexts[length % oddTexts.length] ?? '', value);
  else put(holder, name, `${String(inside)}${oddTexts[which % oddTexts.length]}`);
}

function collect(holder: { [name: string]: Json }, spots: [{ [name: string]: Json }, string][]): void {
  for (const name of Object.keys(holder)) {
    spots.push([holder, name]);
    const value = holder[name];
    if (typeof value === 'object' && value !== null && spots.length < 500)
      collect(value as { [name: string]: Json }, spots);
  }
}

/** Defined, not assigned: `__proto__` shall be a member of the text. */
function put(holder: { [name: string]: Json }, name: string, value: Json): void {
  if (Array.isArray(holder) && !/^\d+$/.test(name)) holder.push(value);
  else Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
}

function nested(value: Json, depth: number): Json {
  let outer = value;
  for (let level = 0; level < depth; level += 1) outer = level % 2 === 0 ? [outer] : { a: outer };
  return outer;
}

/** The first member once more at the end. */
function doubled(text: string): string {
  const first = /^\{("[^"]*":(?:"[^"]*"|\d+|true|false|null))/.exec(text)?.[1];
  return first === undefined ? text : `${text.slice(0, -1)},${first}}`;
}
