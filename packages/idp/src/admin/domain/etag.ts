import { createHash } from 'node:crypto';

/**
 * A strong entity tag of an object as it is shown. It covers all of it, so that whoever sends it back acts on what they
 * saw: a connection whose scopes changed their meaning has another tag. RFC 9110 §8.8.3.
 */
export function etagOf(view: object): string {
  return `"${createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 27)}"`;
}
