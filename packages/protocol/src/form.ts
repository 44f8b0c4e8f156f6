import { ok, type Result, refuse } from './result.ts';

/** Decoded form parameters. A parameter without a value counts as absent. */
export interface FormParameters {
  get(name: string): string | undefined;
  all(name: string): readonly string[];
}

export interface FormOptions {
  /** Parameters that may occur more than once. */
  readonly repeatable?: readonly string[];
}

/** More parameters than any grant has; a longer form is refused before it costs anything. */
const maximumParameters = 64;

/**
 * Parses `application/x-www-form-urlencoded` strictly: a parameter that occurs twice, a broken percent escape, an
 * escape that is not UTF-8 and a NUL are refused, so that no other reader of the same bytes sees other values.
 * Names stay flat: `a.b` and `a[b]` are just names.
 *
 * RFC 6749 §3.2 and appendix B, RFC 8693 §2.1.
 */
export function parseForm(body: string, options: FormOptions = {}): Result<FormParameters> {
  const values = new Map<string, string | string[]>();
  let start = 0;
  let count = 0;

  while (start < body.length) {
    let end = body.indexOf('&', start);
    if (end === -1) end = body.length;
    if (end > start) {
      if (++count > maximumParameters) return refuse('request/too-many-parameters');
      const added = addPair(values, body, start, end, options.repeatable);
      if (added !== undefined) return added;
    }
    start = end + 1;
  }
  return ok(new ParsedForm(values));
}

/** Builds the form of a request, in the order of the given pairs; undefined values are left out. */
export function formatForm(pairs: Iterable<readonly [string, string | undefined]>): string {
  const form = new URLSearchParams();

  for (const [name, value] of pairs) if (value !== undefined) form.append(name, value);
  return form.toString();
}

class ParsedForm implements FormParameters {
  readonly #values: ReadonlyMap<string, string | string[]>;

  constructor(values: ReadonlyMap<string, string | string[]>) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    const value = this.#values.get(name);
    const first = typeof value === 'string' ? value : value?.[0];
    return first === '' ? undefined : first; // TEX-01
  }

  all(name: string): readonly string[] {
    const value = this.#values.get(name);
    if (value === undefined || value === '') return [];
    return typeof value === 'string' ? [value] : value.filter((one) => one !== '');
  }
}

type Refused = ReturnType<typeof refuse>;

function addPair(
  values: Map<string, string | string[]>,
  body: string,
  start: number,
  end: number,
  repeatable: readonly string[] | undefined,
): Refused | undefined {
  const equals = body.indexOf('=', start);
  const nameEnd = equals === -1 || equals > end ? end : equals;
  const name = decodeFormComponent(body.slice(start, nameEnd));
  const value = nameEnd === end ? '' : decodeFormComponent(body.slice(nameEnd + 1, end));
  if (name === undefined || value === undefined) return refuse('request/malformed-form'); // TEX-01

  const present = values.get(name);
  if (present === undefined) {
    values.set(name, value);
    return undefined;
  }
  if (repeatable === undefined || !repeatable.includes(name)) return refuse('request/duplicate-parameter', { name }); // TEX-01, TEX-02, RED-01
  if (typeof present === 'string') values.set(name, [present, value]);
  else present.push(value);
  return undefined;
}

/** Decodes one form component; undefined when an escape is broken, is not UTF-8, or hides a NUL. */
export function decodeFormComponent(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  const decoded = spaced.includes('%') ? decodePercent(spaced) : spaced;
  return decoded === undefined || decoded.includes('\0') ? undefined : decoded;
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
