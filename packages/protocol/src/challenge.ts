import { algorithmNames } from './algorithm-names.ts';
import { isScopeToken, type ScopeSet } from './scope.ts';

export interface BearerChallenge {
  readonly error?: string;
  readonly errorDescription?: string;
  readonly scope?: ScopeSet;
  readonly resourceMetadata: string;
  readonly acrValues?: string;
  readonly maxAge?: number;
}

/**
 * Writes a `WWW-Authenticate: Bearer` value. Text that cannot stand in a quoted string is a programming error and throws,
 * so nothing a caller sent can break out of the header.
 *
 * RFC 6750 §3, RFC 9728 §5.1, RFC 9470 §3.
 */
export function bearerChallenge(challenge: BearerChallenge): string {
  return `Bearer ${write(challenge)}`;
}

/**
 * The same for the scheme `DPoP`, with the algorithms of proofs that are taken.
 *
 * RFC 9449 §7.1.
 */
export function dpopChallenge(challenge: BearerChallenge, algorithms: readonly string[]): string {
  return `DPoP ${write(challenge)}, algs="${quotable(algorithmNames(algorithms).join(' '))}"`;
}

function write(challenge: BearerChallenge): string {
  const parameters: [string, string | undefined][] = [
    ['error', challenge.error],
    ['error_description', challenge.errorDescription],
    ['scope', formatTokens(challenge.scope)], // MET-10
    ['acr_values', challenge.acrValues],
    ['max_age', challenge.maxAge?.toString()],
    ['resource_metadata', challenge.resourceMetadata], // MET-10
  ];
  const written = parameters.flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${quotable(value)}"`]));
  return written.join(', ');
}

/** Text for a quoted string, or a thrown error: no quote, backslash, control or non-ASCII character. */
function quotable(text: string): string {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) throw new UnquotableText(); // LES-30
  }
  return text;
}

/** A value that would break the header it was written into. */
export class UnquotableText extends Error {
  readonly code = 'challenge/unquotable-text';

  constructor() {
    super('The text cannot be written into a header');
    this.name = 'UnquotableText';
  }
}

function formatTokens(scope: ScopeSet | undefined): string | undefined {
  if (scope === undefined || scope.length === 0) return undefined;
  if (!scope.every(isScopeToken)) throw new UnquotableText(); // LES-30
  return scope.join(' ');
}

/** One challenge of a response; parameter names are lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Longest header value that is looked at. */
const maximumCharacters = 8_192;

/**
 * Parses `WWW-Authenticate` values. What cannot be parsed yields no challenge; a parameter named twice in one challenge
 * keeps its first value. Never throws.
 *
 * RFC 9110 §11.6.1.
 */
export function parseChallenges(headerValues: readonly string[]): readonly Challenge[] {
  return headerValues.flatMap((value) => (value.length > maximumCharacters ? [] : parseValue(value)));
}

function parseValue(text: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = skip(text, 0, isListGap);

  while (at < text.length) {
    const tokenEnd = skip(text, at, isTokenUnit);
    if (tokenEnd === at) return challenges;
    const token = text.slice(at, tokenEnd);
    const afterToken = skip(text, tokenEnd, isBlank);
    const current = challenges.at(-1);

    if (text.charCodeAt(afterToken) === 0x3d && current !== undefined) {
      const read = readParameterValue(text, skip(text, afterToken + 1, isBlank));
      if (read === undefined) return challenges;
      const name = token.toLowerCase();
      if (!current.parameters.has(name)) current.parameters.set(name, read.value);
      at = read.end;
    } else {
      challenges.push({ scheme: token.toLowerCase(), parameters: new Map() });
      at = skipToken68(text, afterToken);
    }
    at = skip(text, at, isListGap);
  }
  return challenges;
}

function readParameterValue(text: string, start: number): { value: string; end: number } | undefined {
  if (text.charCodeAt(start) !== 0x22) {
    const end = skip(text, start, isTokenUnit);
    return end === start ? undefined : { value: text.slice(start, end), end };
  }
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return { value, end: at + 1 };
    if (unit === 0x5c) at++;
    value += text.charAt(at);
  }
  return undefined;
}

/** Passes over credentials like `Negotiate abc==`, which have no name. */
function skipToken68(text: string, start: number): number {
  const tokenEnd = skip(text, start, isToken68Unit);
  const end = skip(text, tokenEnd, (unit) => unit === 0x3d);
  const next = skip(text, end, isBlank);
  const isWhole = end > start && (next === text.length || text.charCodeAt(next) === 0x2c);
  return isWhole ? end : start;
}

function skip(text: string, start: number, belongs: (unit: number) => boolean): number {
  let at = start;
  while (at < text.length && belongs(text.charCodeAt(at))) at++;
  return at;
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

function isListGap(unit: number): boolean {
  return isBlank(unit) || unit === 0x2c;
}

function isAlphanumeric(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a);
}

function isTokenUnit(unit: number): boolean {
  return isAlphanumeric(unit) || (unit < 0x80 && "!#$%&'*+-.^_`|~".includes(String.fromCharCode(unit)));
}

function isToken68Unit(unit: number): boolean {
  return isAlphanumeric(unit) || (unit < 0x80 && '-._~+/'.includes(String.fromCharCode(unit)));
}
