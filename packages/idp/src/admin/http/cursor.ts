import { isSameMac } from '@crossgrant/identity';
import type { SecretBox } from '@crossgrant/platform';
import { isJsonObject, parseStrictJson } from '@crossgrant/protocol';
import type { PageKey } from '../domain/page.ts';

/** What a sort column holds. */
export type KeyType = 'text' | 'number';

/** What a cursor belongs to: one list of one tenant, with the filters it was read with. */
export interface CursorPlace {
  readonly tenantId: string;
  readonly list: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly keyTypes: readonly KeyType[];
}

export function writeCursor(secretBox: SecretBox, place: CursorPlace, key: PageKey): string {
  return `${Buffer.from(JSON.stringify(key)).toString('base64url')}.${macOf(secretBox, place, key)}`;
}

/**
 * The key in a cursor that was written here for this very list; undefined for anything else. The values have the types of
 * the sort columns and reach the database as parameters.
 */
export function readCursor(secretBox: SecretBox, place: CursorPlace, text: string): PageKey | undefined {
  const [encoded = '', mac = '', ...rest] = text.split('.');
  const bytes = Buffer.from(encoded, 'base64url');
  if (rest.length > 0 || bytes.toString('base64url') !== encoded) return undefined;
  const parsed = parseStrictJson(bytes.toString('utf8'));
  if (!parsed.ok || !Array.isArray(parsed.value) || isJsonObject(parsed.value)) return undefined;
  const key = parsed.value as PageKey;
  if (!isSameMac(mac, macOf(secretBox, place, key))) return undefined; // LES-65
  const isTyped = key.length === place.keyTypes.length && key.every((value, at) => isOfType(value, place.keyTypes[at]));
  return isTyped ? key : undefined;
}

function macOf(secretBox: SecretBox, { tenantId, list, filter }: CursorPlace, key: PageKey): string {
  const entries = Object.entries(filter).sort(([one], [other]) => (one < other ? -1 : 1));
  return secretBox.mac('admin-cursor', JSON.stringify([tenantId, list, entries, key]));
}

function isOfType(value: string | number, type: KeyType | undefined): boolean {
  return type === 'number' ? Number.isSafeInteger(value) : typeof value === 'string';
}
