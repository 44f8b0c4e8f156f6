import { isUtf8 } from 'node:buffer';
import { limits } from '../constants.ts';
import { type JsonObject, parseStrictJsonObject } from '../json.ts';
import { ok, type Result } from '../result.ts';
import { decodeBase64url } from './base64url.ts';
import { type JwsProblem, jwsProblem } from './problem.ts';

/** A readable JWS. Nothing in it is trusted yet; only `verifyJws` turns it into claims. */
export interface ParsedJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

export interface JwsLimits {
  readonly maxBytes?: number;
  readonly maxHeaderBytes?: number;
}

/**
 * Parses a compact JWS: three non-empty parts of strict base64url, header and payload strict JSON objects in UTF-8. The
 * length is capped before the dots are looked for, and no more than three are ever looked for.
 *
 * RFC 7515 §3.1, §5.2; RFC 8725 §2.4, §3.11.
 */
export function parseCompactJws(text: string, options: JwsLimits = {}): Result<ParsedJws, JwsProblem> {
  if (text.length > (options.maxBytes ?? limits.assertionBytes)) return jwsProblem('too-large'); // RED-02

  const firstDot = text.indexOf('.');
  const secondDot = firstDot === -1 ? -1 : text.indexOf('.', firstDot + 1);
  if (secondDot === -1) return jwsProblem('parts'); // RED-06
  if (text.includes('.', secondDot + 1)) return jwsProblem(hasFiveParts(text, secondDot) ? 'encrypted' : 'parts'); // RED-06, ATK-47, LES-35
  if (firstDot > headerCharacters(options)) return jwsProblem('too-large'); // RED-02

  const header = parsePart(text.slice(0, firstDot));
  if (header === undefined) return jwsProblem('header'); // RED-06
  const payload = parsePart(text.slice(firstDot + 1, secondDot));
  if (payload === undefined) return jwsProblem('payload'); // RED-06, LES-35
  const signature = decodeBase64url(text.slice(secondDot + 1));
  if (signature === undefined || signature.length === 0) return jwsProblem('encoding'); // RED-06, ATK-03, LES-29

  return ok({ header, payload, signingInput: text.slice(0, secondDot), signature });
}

/** Four base64url characters carry three bytes. */
function headerCharacters(options: JwsLimits): number {
  return Math.ceil(((options.maxHeaderBytes ?? limits.headerBytes) * 4) / 3);
}

function hasFiveParts(text: string, secondDot: number): boolean {
  const third = text.indexOf('.', secondDot + 1);
  const fourth = text.indexOf('.', third + 1);
  return fourth !== -1 && !text.includes('.', fourth + 1);
}

function parsePart(part: string): JsonObject | undefined {
  const bytes = decodeBase64url(part);
  if (bytes === undefined || !isUtf8(bytes)) return undefined; // RED-06, LES-29
  const parsed = parseStrictJsonObject(bytes.toString('utf8'));
  return parsed.ok ? parsed.value : undefined;
}
