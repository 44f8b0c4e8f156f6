import { limits } from './constants.ts';
import { ok, type Result } from './result.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** What is wrong with a text that should have been JSON. */
export interface JsonProblem {
  readonly problem: 'syntax' | 'depth' | 'duplicate-member' | 'forbidden-member' | 'number';
}

export interface JsonLimits {
  readonly maxDepth?: number;
}

/**
 * Parses JSON without the freedoms that let two readers see two things: duplicate member names (also when
 * escaped differently), `__proto__`, numbers beyond double precision's range and deep nesting are refused.
 * Objects come back without a prototype, so a look-up never finds what the sender did not write.
 *
 * The native parser keeps the last of two equal names; the text then holds more members than the result, which is
 * how duplicates are found without a second parser.
 *
 * RFC 8259 §4, RFC 7515 §4, RFC 8725 §2.4.
 */
export function parseStrictJson(text: string, options: JsonLimits = {}): Result<JsonValue, JsonProblem> {
  const shape = measure(text, options.maxDepth ?? limits.jsonDepth);
  if (shape < 0) return problem('depth'); // RED-02

  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return problem('syntax');
  }

  const counter = { members: 0, fault: undefined as JsonProblem['problem'] | undefined };
  const value = withoutPrototype(parsed, counter);
  if (counter.fault !== undefined) return problem(counter.fault); // ATK-46
  if (counter.members !== shape) return problem('duplicate-member'); // RED-06, ATK-46
  return ok(value);
}

/** Parses a text that must be a JSON object: neither array, nor null, nor a bare value. */
export function parseStrictJsonObject(text: string, options: JsonLimits = {}): Result<JsonObject, JsonProblem> {
  const parsed = parseStrictJson(text, options);
  if (!parsed.ok) return parsed;
  return isJsonObject(parsed.value) ? ok(parsed.value) : problem('syntax'); // LES-35
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(kind: JsonProblem['problem']): { readonly ok: false; readonly refusal: JsonProblem } {
  return { ok: false, refusal: { problem: kind } };
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Counts the members in the text; negative when it nests deeper than allowed. */
function measure(text: string, maxDepth: number): number {
  let members = 0;
  let depth = 0;

  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === quote) at = endOfString(text, at);
    else if (unit === colon) members++;
    else if (unit === openBrace || unit === openBracket) {
      if (++depth > maxDepth) return -1; // RED-02
    } else if (unit === closeBrace || unit === closeBracket) depth--;
  }
  return members;
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);

  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (at - first) % 2 === 1;
}

function withoutPrototype(
  value: unknown,
  counter: { members: number; fault: JsonProblem['problem'] | undefined },
): JsonValue {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) counter.fault = 'number'; // LES-35
    return value;
  }
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = withoutPrototype(value[index], counter);
    return value as JsonValue;
  }
  const copy: Record<string, JsonValue> = Object.create(null);
  const source = value as Record<string, unknown>;
  for (const name of Object.keys(source)) {
    counter.members++;
    if (name === '__proto__') counter.fault = 'forbidden-member'; // ATK-46
    copy[name] = withoutPrototype(source[name], counter);
  }
  return copy;
}
