import { z } from 'zod';
import { didYouMean } from '../mistakes.ts';
import type { Mistake, Path, YamlValue } from '../read-yaml.ts';
import { type World, worldSchema } from './world.ts';

/** Checks plain data against the schema. Every mistake is one sentence with the path of its field. */
export function parseWorld(value: YamlValue | undefined): { world?: World; mistakes: readonly Mistake[] } {
  const parsed = worldSchema.safeParse(value);
  if (parsed.success) return { world: parsed.data, mistakes: [] };
  return { mistakes: parsed.error.issues.flatMap((issue) => toMistakes(issue, value)) };
}

function toMistakes(issue: z.core.$ZodIssue, value: unknown): Mistake[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(worldSchema, path, value);
    return issue.keys.map((key) => ({ path: [...path, key], sentence: unknownField(key, known) }));
  }
  return [{ path, sentence: sentenceOf(issue, valueAt(value, path)) }];
}

function unknownField(key: string, known: readonly string[]): string {
  const guess = didYouMean(key, known);
  if (guess !== '') return `unknown field${guess}`;
  return known.length === 0 ? 'unknown field.' : `unknown field; known here: ${known.join(', ')}.`;
}

function sentenceOf(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'invalid_type') {
    if (found === undefined) return 'is missing.';
    const quotes =
      issue.expected === 'string' && (typeof found === 'number' || typeof found === 'boolean')
        ? '; put it in quotes.'
        : '.';
    return `must be ${named(issue.expected)}, not ${shown(found)}${quotes}`;
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (found === undefined && (issue.code === 'invalid_union' || issue.code === 'invalid_value')) return 'is missing.';
  return issue.message;
}

function named(expected: string): string {
  const names: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map of fields',
    record: 'a map of fields',
  };
  return names[expected] ?? expected;
}

function shown(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value).slice(0, 60);
  return `the ${typeof value === 'string' ? 'text' : 'value'} ${text}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[part] : undefined,
    value,
  );
}

/** The field names the schema knows at a path, so that a mistyped one can be named. */
function keysAt(schema: z.core.$ZodType, path: Path, value: unknown): readonly string[] {
  const { def } = schema._zod as unknown as { def: SchemaDef };
  if (def.innerType !== undefined) return keysAt(def.innerType, path, value);
  if (def.options !== undefined)
    return [
      ...new Set(
        def.options.flatMap((option) =>
          fits(option, def.discriminator, valueAt(value, path)) ? keysAt(option, path, value) : [],
        ),
      ),
    ];
  const [first, ...rest] = path;
  const inner = valueAt(value, first === undefined ? [] : [first]);
  if (def.shape !== undefined) {
    if (first === undefined) return Object.keys(def.shape);
    const member = def.shape[first];
    return member === undefined ? [] : keysAt(member, rest, inner);
  }
  const element = def.element ?? def.valueType;
  return element === undefined || first === undefined ? [] : keysAt(element, rest, inner);
}

interface SchemaDef {
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly discriminator?: string;
  readonly shape?: Readonly<Record<string | number, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
}

function fits(option: z.core.$ZodType, discriminator: string | undefined, found: unknown): boolean {
  if (discriminator === undefined || typeof found !== 'object' || found === null) return true;
  const shape = (option._zod as unknown as { def: SchemaDef }).def.shape;
  return (
    shape?.[discriminator] === undefined ||
    z.safeParse(shape[discriminator], (found as Record<string, unknown>)[discriminator]).success
  );
}
