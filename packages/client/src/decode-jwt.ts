import { type JsonObject, parseStrictJsonObject } from '@crossgrant/protocol';

/** A JWT that was decoded and not verified: good for deciding what not to send, never for trusting. */
export interface DecodedJwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

/** Decodes a text of three base64url parts whose first two are JSON objects; anything else is nothing. */
export function decodeJwt(text: string): DecodedJwt | undefined {
  const parts = text.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined;
  const header = decodePart(parts[0] as string);
  const claims = decodePart(parts[1] as string);
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

function decodePart(part: string): JsonObject | undefined {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const parsed = parseStrictJsonObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined;
  }
}
