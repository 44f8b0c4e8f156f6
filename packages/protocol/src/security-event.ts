import { isClaimText } from './claim-text.ts';
import { isNumericDate } from './clock.ts';
import { typs } from './constants.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { ok, type Result, refuse } from './result.ts';
import { sameTyp } from './typ.ts';

/** One security event and whom it is about. */
export interface SecurityEvent {
  readonly issuer: string;
  readonly jti: string;
  readonly issuedAt: number;
  /** Joins events of one cause. */
  readonly txn: string | undefined;
  /** The URI of the event's type. */
  readonly type: string;
  readonly event: JsonObject;
  readonly subject: SubjectIdentifier;
}

/** A subject identifier with the members its format needs. Formats not listed here are kept for the receiver to refuse. */
export interface SubjectIdentifier {
  readonly format: string;
  readonly members: JsonObject;
}

export interface SecurityEventExpectations {
  /** The transmitter of the stream. */
  readonly issuer: string;
  /** This receiver. */
  readonly audience: string;
  readonly nowSeconds: number;
  readonly skewSeconds: number;
}

/**
 * Reads a security event token of one transmitter, made for one receiver, that reports one event. The caller has verified
 * the signature with the transmitter's keys and records `jti` afterwards.
 *
 * A token with `sub` or `exp` could pass for another kind and is refused. A transmitter speaks about people of its own
 * issuer alone.
 *
 * RFC 8417 §2, RFC 9493 §3, OpenID SSF §4.
 */
export function checkSecurityEvent(
  { header, payload }: { readonly header: JsonObject; readonly payload: JsonObject },
  expected: SecurityEventExpectations,
): Result<SecurityEvent> {
  const { iss, aud, iat, jti, txn, sub, exp } = payload;
  if (!sameTyp(header.typ, typs.securityEvent)) return refuse('security-event/typ', { typ: header.typ }); // ATK-50
  if (iss !== expected.issuer) return refuse('security-event/issuer', { found: iss }); // ATK-50
  if (!isOnlyAudience(aud, expected.audience)) return refuse('security-event/audience', { found: aud }); // ATK-50
  if (sub !== undefined || exp !== undefined) return refuse('security-event/claims', { claim: 'sub or exp' }); // ATK-50
  if (!isClaimText(jti)) return refuse('security-event/claims', { claim: 'jti' });
  if (!isNumericDate(iat)) return refuse('security-event/claims', { claim: 'iat' });
  if (txn !== undefined && !isClaimText(txn)) return refuse('security-event/claims', { claim: 'txn' });
  if (iat > expected.nowSeconds + expected.skewSeconds) return refuse('security-event/not-yet-valid', { iat });

  const event = readEvent(payload.events);
  if (event === undefined) return refuse('security-event/event'); // ATK-50
  const subject = readSubject(payload.sub_id, expected.issuer);
  if (subject === undefined) return refuse('security-event/subject'); // ATK-50
  return ok({ issuer: expected.issuer, jti, issuedAt: iat, txn, subject, ...event });
}

function isOnlyAudience(aud: JsonValue | undefined, receiver: string): boolean {
  return aud === receiver || (Array.isArray(aud) && aud.length === 1 && aud[0] === receiver);
}

function readEvent(events: JsonValue | undefined): { type: string; event: JsonObject } | undefined {
  if (!isObject(events)) return undefined;
  const [only, ...more] = Object.entries(events);
  if (only === undefined || more.length > 0) return undefined;
  const [type, event] = only;
  return type !== '' && isObject(event) ? { type, event } : undefined;
}

/** What each format needs. RFC 9493 §3.2. */
const membersOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['iss_sub', ['iss', 'sub']],
  ['email', ['email']],
  ['opaque', ['id']],
  ['jwt_id', ['iss', 'jti']],
]);

function readSubject(subject: JsonValue | undefined, issuer: string): SubjectIdentifier | undefined {
  if (!isObject(subject) || !isClaimText(subject.format)) return undefined;
  const { format, ...others } = subject;
  const members: JsonObject = Object.assign(Object.create(null), others);
  const needed = membersOf.get(format as string) ?? [];
  if (!needed.every((name) => isClaimText(members[name]))) return undefined;
  if (members.iss !== undefined && members.iss !== issuer) return undefined; // ATK-50
  return { format: format as string, members };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
