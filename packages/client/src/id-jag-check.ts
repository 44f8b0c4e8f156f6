import { type JsonObject, type JsonValue, sameResource, sameTyp, typs } from '@crossgrant/protocol';
import { decodeJwt } from './decode-jwt.ts';

declare const checked: unique symbol;

/** An ID-JAG that is the one that was asked for. Only `checkIdJag` makes one, and only this can be redeemed. */
export interface CheckedIdJag {
  readonly token: string;
  readonly audience: string;
  readonly scopes: readonly string[] | undefined;
  readonly [checked]: true;
}

export interface ExpectedIdJag {
  readonly identityProvider: string;
  readonly audience: string;
  readonly clientId: string;
  readonly resource: string;
  /** The thumbprint of the key that was proven, if one was. */
  readonly thumbprint: string | undefined;
}

export type IdJagVerdict =
  | { readonly ok: true; readonly idJag: CheckedIdJag }
  | { readonly ok: false; readonly claim: string; readonly found: JsonValue };

/**
 * Decodes an ID-JAG, without trusting it, to decide whether it may be sent on.
 *
 * An ID-JAG for another server, another client or another resource than asked for is a mistake at best. One that is not
 * bound to the key that was proven, or bound to a key that this client never showed, is an attack at worst.
 *
 * ID-JAG-04 §4.3.4, §9.8.1.1.
 */
export function checkIdJag(token: string, expected: ExpectedIdJag): IdJagVerdict {
  const decoded = decodeJwt(token);
  if (decoded === undefined) return mismatch('jwt', null); // CLI-02
  const { header, claims } = decoded;
  const audience = Array.isArray(claims.aud) && claims.aud.length === 1 ? claims.aud[0] : claims.aud;

  if (!sameTyp(header.typ, typs.idJag)) return mismatch('typ', header.typ); // CLI-03
  if (claims.iss !== expected.identityProvider) return mismatch('iss', claims.iss); // CLI-03
  if (audience !== expected.audience) return mismatch('aud', claims.aud); // CLI-03, ATK-14
  if (claims.client_id !== expected.clientId) return mismatch('client_id', claims.client_id); // CLI-03
  if (!isWithin(claims.resource, expected.resource)) return mismatch('resource', claims.resource); // CLI-03
  if (thumbprintIn(claims.cnf) !== expected.thumbprint) return mismatch('cnf', null); // CLI-03, ATK-34
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ').filter((scope) => scope !== '') : undefined;
  return { ok: true, idJag: { token, audience: expected.audience, scopes } as CheckedIdJag };
}

/** Tells whether a `resource` member names nothing but the resource asked for. Absent is fine: many leave it out. */
export function isWithin(found: JsonValue | undefined, asked: string): boolean {
  if (found === undefined) return true;
  const named = Array.isArray(found) ? found : [found];
  return named.every((member: JsonValue) => typeof member === 'string' && sameResource(member, asked));
}

/** The thumbprint of a confirmation claim; what names a key in another way, or several, names no key of ours. */
function thumbprintIn(cnf: JsonValue | undefined): JsonValue | undefined {
  if (cnf === undefined) return undefined;
  if (typeof cnf !== 'object' || cnf === null || Object.keys(cnf).join() !== 'jkt') return null;
  return (cnf as JsonObject).jkt;
}

function mismatch(claim: string, found: JsonValue | undefined): IdJagVerdict {
  return { ok: false, claim, found: found ?? null };
}
