import { isClaimText } from './claim-text.ts';
import { acceptance, isNumericDate } from './clock.ts';
import { limits } from './constants.ts';
import type { JsonObject } from './json.ts';
import { normalizeResource, parseResourceIdentifier } from './resource-identifier.ts';
import { ok, type Result, refuse } from './result.ts';
import type { VerifiedJws } from './verified.ts';

/** How far the clock of a prover may be off, in seconds. */
export const proofWindowSeconds = 60;

/** The algorithms of proofs that are accepted and announced, all asymmetric. RFC 9449 §5.1. */
export const dpopAlgorithms = ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'] as const;

/** Nonces that this server gave out. Both ask for the time, so that nothing here keeps a clock. */
export interface DpopNonces {
  current(nowSeconds: number): string;
  accepts(nonce: string, nowSeconds: number): boolean;
}

/** The request that a proof must have been made for. */
export interface ProofExpectations {
  readonly method: string;
  /** From `dpopTarget`, over the configured address of the endpoint and never over what a Host header says. */
  readonly target: string;
  readonly nowSeconds: number;
  /** SHA-256 of the access token in base64url, where the proof goes with one. */
  readonly tokenHash?: string;
  /** Absent: no nonce is asked for. */
  readonly nonces?: DpopNonces;
}

/** What remains of an accepted proof: its identifier, to be recorded once, until `keepUntil` in milliseconds. */
export interface ProofUse {
  readonly jti: string;
  readonly nonce: string | undefined;
  readonly keepUntil: number;
}

/**
 * The normal form of an address without query and fragment, equal for exactly the spellings that RFC 3986 holds equal:
 * case of scheme and host, default port, percent escapes. Undefined for addresses that two readers may read differently:
 * with user info, dot segments or characters that no URI has.
 *
 * RFC 9449 §4.3 (9), RFC 3986 §6.2.2, §6.2.3.
 */
export function dpopTarget(address: string): string | undefined {
  if (address.length > limits.headerBytes) return undefined;
  const end = address.search(/[?#]/);
  const plain = end === -1 ? address : address.slice(0, end);
  if (!/^https?:/i.test(plain) || !parseResourceIdentifier(plain).ok) return undefined; // DPO-01, ATK-35
  return normalizeResource(plain);
}

/**
 * Judges the claims of a proof whose signature stands. Whoever calls then records `jti`, once.
 *
 * RFC 9449 §4.2, §4.3.
 */
export function checkProofClaims({ payload }: VerifiedJws, expected: ProofExpectations): Result<ProofUse> {
  const { jti, iat, htm, htu, nonce } = payload;
  if (!isClaimText(jti) || jti.length > limits.identifierCharacters) return refuse('dpop/claims', { claim: 'jti' }); // DPO-01
  if (!isNumericDate(iat)) return refuse('dpop/claims', { claim: 'iat' }); // DPO-01
  if (nonce !== undefined && !isClaimText(nonce)) return refuse('dpop/claims', { claim: 'nonce' }); // DPO-01
  if (htm !== expected.method) return refuse('dpop/target', { htm }); // DPO-01, ATK-35
  if (!isTarget(htu, expected.target)) return refuse('dpop/target', { htu }); // DPO-01, ATK-35

  const { acceptUntil, keepUntil } = acceptance(iat, proofWindowSeconds);
  if (expected.nowSeconds >= acceptUntil) return refuse('dpop/time', { iat }); // DPO-01, ATK-35
  if (iat > expected.nowSeconds + proofWindowSeconds) return refuse('dpop/time', { iat }); // DPO-01, ATK-35
  if (expected.tokenHash !== undefined && payload.ath !== expected.tokenHash) return refuse('dpop/token'); // RSV-03, ATK-35
  const fresh = checkNonce(payload, expected);
  return fresh.ok ? ok({ jti, nonce, keepUntil: keepUntil * 1000 }) : fresh;
}

function isTarget(htu: JsonObject[string], target: string): boolean {
  if (typeof htu !== 'string') return false;
  return htu === target || dpopTarget(htu) === target;
}

/** RFC 9449 §8: the refusal gives the nonce to come back with. */
function checkNonce({ nonce }: JsonObject, { nonces, nowSeconds }: ProofExpectations): Result<void> {
  if (nonces === undefined) return ok(undefined);
  if (typeof nonce === 'string' && nonces.accepts(nonce, nowSeconds)) return ok(undefined); // DPO-01
  return refuse('dpop/nonce', undefined, { dpop_nonce: nonces.current(nowSeconds) }); // DPO-01
}
