import type { KeyRing, SignatureMemory } from '@crossgrant/platform';
import { isNumericDate, limits, ok, type Result, refuse, sameTyp, typs } from '@crossgrant/protocol';
import {
  type ParsedJws,
  parseCompactJws,
  type SignatureAlgorithm,
  type VerificationKey,
  type VerifiedJws,
  verifyJws,
} from '@crossgrant/protocol/jws';
import type { Subject } from './subject.ts';

export interface IdTokenExpectations {
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: Pick<KeyRing, 'verificationKeys'>;
  /** Spares the signature of a token that comes again. */
  readonly memory: SignatureMemory;
  readonly nowSeconds: number;
}

const algorithms: readonly SignatureAlgorithm[] = ['RS256', 'ES256'];

/**
 * Accepts an ID token of this issuer, made for the authenticated client and nobody else, and nothing that merely looks
 * like one: access tokens, ID-JAGs, logout tokens and security events are signed with the same keys.
 *
 * The signature of a token that came before is remembered; everything else is judged each time.
 *
 * ID-JAG-04 §4.3.3, OIDC Core §3.1.3.7, RFC 8725 §3.11.
 */
export function verifyIdToken(text: string, expected: IdTokenExpectations): Result<Subject> {
  const keys = expected.keys.verificationKeys();
  const name = expected.memory.nameOf(text);
  const known = expected.memory.find(name, keys);
  if (known !== undefined) return checkClaims(known, expected);

  const verified = verifySignature(text, keys);
  if (!verified.ok) return verified;
  expected.memory.keep(name, keys, verified.value);
  return checkClaims(verified.value, expected);
}

function verifySignature(text: string, keys: readonly VerificationKey[]): Result<VerifiedJws> {
  const parsed = parseCompactJws(text, { maxBytes: limits.assertionBytes });
  if (!parsed.ok) return refuse('subject-token/malformed', { problem: parsed.refusal.problem }); // TEX-07, ATK-47
  if (!isIdTokenShape(parsed.value)) return refuse('subject-token/not-an-id-token', { typ: parsed.value.header.typ }); // TEX-08, ATK-08
  const verified = verifyJws(parsed.value, keys, algorithms);
  if (!verified.ok) return refuse('subject-token/signature', { problem: verified.refusal.problem }); // TEX-07, ATK-03
  return verified;
}

function isIdTokenShape({ header, payload }: ParsedJws): boolean {
  if (payload.events !== undefined) return false; // TEX-08
  return header.typ === undefined || sameTyp(header.typ, typs.idToken);
}

function checkClaims({ payload }: VerifiedJws, { issuer, clientId, nowSeconds }: IdTokenExpectations): Result<Subject> {
  const { iss, sub, exp, iat, sid, auth_time: authTime, acr, amr } = payload;
  const latest = nowSeconds + limits.skewSeconds;

  if (iss !== issuer) return refuse('subject-token/issuer'); // TEX-07
  if (!isOnlyAudience(payload.aud, clientId)) return refuse('subject-token/audience'); // TEX-07, ATK-41, ATK-42
  if (typeof sub !== 'string' || sub === '') return refuse('subject-token/claims', { claim: 'sub' }); // TEX-07
  if (typeof sid !== 'string' || sid === '') return refuse('subject-token/claims', { claim: 'sid' }); // TEX-09
  if (!isNumericDate(exp)) return refuse('subject-token/claims', { claim: 'exp' }); // TEX-07
  if (!isNumericDate(iat)) return refuse('subject-token/claims', { claim: 'iat' }); // TEX-07
  if (!isNumericDate(authTime)) return refuse('subject-token/claims', { claim: 'auth_time' }); // IDJ-13
  if (acr !== undefined && typeof acr !== 'string') return refuse('subject-token/claims', { claim: 'acr' }); // IDJ-13
  if (amr !== undefined && !isTextArray(amr)) return refuse('subject-token/claims', { claim: 'amr' }); // IDJ-13
  if (nowSeconds >= exp) return refuse('subject-token/expired'); // TEX-07
  if (iat > latest) return refuse('subject-token/not-yet-valid'); // TEX-07
  if (authTime > latest) return refuse('subject-token/not-yet-valid', { claim: 'auth_time' }); // TEX-07
  return ok({ kind: 'id_token', userId: sub, sid, authTime, acr, amr });
}

function isTextArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** A one-element array is the string; a token with a second audience was made for somebody else too. */
function isOnlyAudience(aud: unknown, clientId: string): boolean {
  return aud === clientId || (Array.isArray(aud) && aud.length === 1 && aud[0] === clientId);
}
