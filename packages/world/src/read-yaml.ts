import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

export type YamlValue = string | number | boolean | null | YamlValue[] | { [key: string]: YamlValue };
export type Path = readonly (string | number)[];

/** One mistake in a world file: where, and a sentence that says what would be right. */
export interface Mistake {
  readonly path: Path;
  readonly sentence: string;
}

const maxBytes = 1_000_000;
const maxAliases = 100;
const maxDepth = 32;

/**
 * Reads one YAML 1.2 document of the core schema into plain data without prototypes.
 *
 * Tags, merge keys, keys given twice, keys that are not texts, `__proto__` and its like, and more than 100 alias look-ups are
 * mistakes with their path: each of them makes a file mean something else than it shows.
 *
 * YAML 1.2.2 §10.3.
 */
export function readYaml(text: string): { value?: YamlValue; mistakes: readonly Mistake[] } {
  if (Buffer.byteLength(text) > maxBytes)
    return { mistakes: [{ path: [], sentence: `The file is larger than ${maxBytes / 1000} kB.` }] };
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
    resolveKnownTags: false,
  });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return { mistakes: [{ path: [], sentence: `Line ${line}, column ${col}: ${firstLine(error.message)}.` }] };
  }
  const reading: Reading = {
    mistakes: [],
    aliases: 0,
    lineOf: (node) => lines.linePos(node.range?.[0] ?? 0).line,
    resolve: (node) => (isAlias(node) ? (node.resolve(document) as Node | undefined) : node),
  };
  const value = toPlain(document.contents, [], reading);
  return reading.mistakes.length > 0 ? { mistakes: reading.mistakes } : { value, mistakes: [] };
}

interface Reading {
  readonly mistakes: Mistake[];
  aliases: number;
  lineOf(node: Node): number;
  resolve(node: Node): Node | undefined;
}

function toPlain(node: Node | null, path: Path, reading: Reading): YamlValue {
  if (node === null) return null;
  if (path.length > maxDepth) return mistake(reading, path, `nested deeper than ${maxDepth} levels.`);
  if (isAlias(node)) return followAlias(node, path, reading);
  if (node.tag !== undefined) return mistake(reading, path, `the tag ${node.tag} is not read; write the plain value.`); // LES-98
  if (isMap(node)) return toPlainMap(node.items as { key: unknown; value: unknown }[], path, reading);
  if (isSeq(node)) return node.items.map((item, index) => toPlain(item as Node, [...path, index], reading));
  if (!isScalar(node)) return null;
  const value: unknown = node.value;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

function followAlias(node: Alias, path: Path, reading: Reading): YamlValue {
  reading.aliases += 1;
  if (reading.aliases > maxAliases) return tooManyAliases(path, reading); // LES-98
  const target = reading.resolve(node);
  return target === undefined
    ? mistake(reading, path, `the alias *${node.source} names no anchor.`)
    : toPlain(target, path, reading);
}

/** One sentence for the whole file: a bomb of aliases would otherwise become a bomb of sentences. */
function tooManyAliases(path: Path, reading: Reading): null {
  if (reading.aliases > maxAliases + 1) return null;
  return mistake(reading, path, `more than ${maxAliases} aliases are followed in this file.`);
}

function toPlainMap(items: readonly { key: unknown; value: unknown }[], path: Path, reading: Reading): YamlValue {
  const plain: Record<string, YamlValue> = Object.create(null);
  for (const { key: keyNode, value } of items) {
    const key = isScalar(keyNode) ? keyNode.value : undefined;
    if (typeof key !== 'string') {
      mistake(reading, path, `the key ${JSON.stringify(key) ?? 'of this map'} must be a text; put it in quotes.`);
      continue;
    }
    const keyPath = [...path, key];
    const problem = problemOfKey(key, plain, () => reading.lineOf(keyNode as Node));
    if (problem !== undefined) mistake(reading, keyPath, problem);
    else plain[key] = toPlain(value as Node | null, keyPath, reading);
  }
  return plain;
}

function problemOfKey(key: string, plain: object, line: () => number): string | undefined {
  if (key === '<<') return 'merge keys are not read; write the fields out.'; // LES-98
  if (isInherited(key)) return 'this key is not allowed.'; // LES-98
  if (Object.hasOwn(plain, key)) return `given twice, again on line ${line()}.`; // LES-98
  return undefined;
}

function mistake(reading: Reading, path: Path, sentence: string): null {
  reading.mistakes.push({ path, sentence });
  return null;
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/\.$/, '');
}

/** Names that objects hand down: as a member they would hide what every object has. */
function isInherited(key: unknown): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype';
}
