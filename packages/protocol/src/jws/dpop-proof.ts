import { hash } from 'node:crypto';
import { limits, typs } from '../constants.ts';
import { checkProofClaims, dpopAlgorithms, type ProofExpectations } from '../dpop.ts';
import type { PlainHeaders } from '../http.ts';
import type { RefusalCode } from '../refusals/catalogue.ts';
import { ok, type Result, refuse } from '../result.ts';
import { sameTyp } from '../typ.ts';
import type { SignatureAlgorithm } from './algorithms.ts';
import { createEmbeddedKeys, type EmbeddedKey } from './embedded-key.ts';
import { type ParsedJws, parseCompactJws } from './parse.ts';
import type { JwsProblem } from './problem.ts';
import { verifyJws } from './verify.ts';

/** A proof that holds. It counts once: whoever accepts it records `useKey`, until `keepUntil`, in the same commit. */
export interface DpopProof {
  /** The thumbprint of the key that was proven. */
  readonly jkt: string;
  readonly jti: string;
  readonly nonce: string | undefined;
  /** Names this proof among all others, whatever a client puts into `jti`. */
  readonly useKey: string;
  /** Milliseconds. */
  readonly keepUntil: number;
}

/** Undefined: the request carries no proof. */
export type DpopVerifier = (
  headers: PlainHeaders,
  expected: Omit<ProofExpectations, 'tokenHash'> & { readonly accessToken?: string },
) => Result<DpopProof | undefined>;

export interface DpopVerifierOptions {
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** How many key objects are remembered. */
  readonly maximumKeys?: number;
}

/** Room for an RSA key of 4096 bits in the header. */
const maximumBytes = 8_192;

/** The kind under which the use of a proof is recorded, in every store. */
export const dpopProofKind = 'dpop-proof';

/**
 * Verifies the proof of possession of a request: one header, the algorithms listed and no other, the public key inside it,
 * and claims made for this very request. Nothing is looked up and nothing is recorded.
 *
 * RFC 9449 §4.3.
 */
export function createDpopVerifier(options: DpopVerifierOptions = {}): DpopVerifier {
  const { algorithms = dpopAlgorithms, maximumKeys = 2_000 } = options;
  const readKey = createEmbeddedKeys(maximumKeys);

  return function verifyDpopProof(headers, { accessToken, ...expected }) {
    const [text, ...others] = headers.all('dpop');
    if (text === undefined) return ok(undefined);
    if (others.length > 0) return refuse('dpop/malformed', { headers: others.length + 1 }); // DPO-01
    const parsed = parseCompactJws(text, { maxBytes: maximumBytes });
    if (!parsed.ok) return refuse('dpop/malformed', { ...parsed.refusal }); // DPO-01
    if (!sameTyp(parsed.value.header.typ, typs.dpopProof)) return refuse('dpop/header', { part: 'typ' }); // DPO-01, ATK-08

    const key = readKey(parsed.value.header.jwk);
    if (key === undefined) return refuse('dpop/key'); // DPO-01
    const tokenHash = accessToken === undefined ? undefined : hash('sha256', accessToken, 'base64url');
    return judge(parsed.value, key, algorithms, { ...expected, tokenHash });
  };
}

function judge(
  jws: ParsedJws,
  { key, thumbprint }: EmbeddedKey,
  algorithms: readonly SignatureAlgorithm[],
  expected: ProofExpectations,
): Result<DpopProof> {
  const { kid } = jws.header; // names nothing where the key has no name of its own: there is just this one
  const named = typeof kid === 'string' && key.kid === undefined ? { ...key, kid } : key;
  const verified = verifyJws(jws, [named], algorithms);
  if (!verified.ok) return refuse(codeOf(verified.refusal), { ...verified.refusal }); // DPO-01
  const use = checkProofClaims(verified.value, expected);
  if (!use.ok) return use;
  return ok({ ...use.value, jkt: thumbprint, useKey: hash('sha256', `${thumbprint}${use.value.jti}`, 'base64url') });
}

function codeOf({ problem }: JwsProblem): RefusalCode {
  if (problem === 'algorithm' || problem === 'critical') return 'dpop/header';
  return problem === 'signature' ? 'dpop/signature' : 'dpop/key';
}

/** Whether the text can be a thumbprint: 43 characters of base64url. */
export function isThumbprint(value: unknown): value is string {
  return typeof value === 'string' && value.length < limits.identifierCharacters && /^[A-Za-z0-9_-]{43}$/.test(value);
}
