import type { JsonObject } from './json.ts';

declare const verified: unique symbol;

/**
 * Header and payload of a token whose signature was verified. Only `verifyJws` makes one, so a check over claims cannot
 * be called before the signature stands.
 */
export interface VerifiedJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly [verified]: true;
}
