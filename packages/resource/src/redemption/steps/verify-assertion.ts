import { checkIdJagTyp, ok, type RefusalCode, type Result, refuse, type VerifiedJws } from '@crossgrant/protocol';
import {
  type JwsProblem,
  namedAlgorithm,
  type ParsedJws,
  parseCompactJws,
  type SignatureAlgorithm,
  verifyJws,
} from '@crossgrant/protocol/jws';
import type { ResourceDirectory, TrustedIssuer } from '../../directory/resource-directory.ts';
import { passed } from '../step.ts';

/** Three strict parts, two JSON objects, nothing trusted yet. RFC 7515 §5.2. */
export function parseAssertion({ assertion }: { assertion: string }): Result<{ jws: ParsedJws }> {
  const jws = parseCompactJws(assertion);
  return jws.ok ? ok({ jws: jws.value }) : refuse(codeOf(jws.refusal), { problem: jws.refusal.problem });
}

/** `typ` alone decides which profile this is. No other one is enabled, so everything else ends here. ID-JAG-04 §4.4.1. */
export function dispatchProfile({ jws }: { jws: ParsedJws }): Result<object> {
  const typ = checkIdJagTyp(jws.header);
  if (!typ.ok) return typ; // RED-05, ATK-07, ATK-08, ATK-59
  return passed;
}

/**
 * Finds the issuer in the own list by exact string. Up to here, and for every issuer that is not on it, nothing has been
 * fetched from anywhere.
 *
 * RFC 7523 §3 (1), ID-JAG-04 §4.1, §9.3.
 */
export function findTrustedIssuer(
  { jws }: { jws: ParsedJws },
  { directory, issuer: self }: { directory: ResourceDirectory; issuer: string },
): Result<{ trusted: TrustedIssuer }> {
  const { iss } = jws.payload;
  if (iss === self) return refuse('assertion/issuer-self'); // RED-08, ATK-38
  const trusted = typeof iss === 'string' ? directory.trustedIssuer(iss) : undefined;
  if (trusted === undefined) return refuse('assertion/issuer-unknown', { issuer: iss }); // RED-08, ATK-20
  if (trusted.state !== 'active') return refuse('assertion/issuer-disabled', { issuer: iss }); // RED-08, LES-20
  return ok({ trusted });
}

/** The algorithm is on this issuer's list before its keys are looked for. RFC 8725 §3.1. */
export function checkAlgorithm({
  jws,
  trusted,
}: {
  jws: ParsedJws;
  trusted: TrustedIssuer;
}): Result<{ algorithm: SignatureAlgorithm }> {
  const { alg } = jws.header;
  const algorithm = namedAlgorithm(alg);
  if (algorithm === undefined || !trusted.algorithms.includes(algorithm)) return refuse('assertion/header', { alg }); // RED-07, ATK-03, ATK-04
  return ok({ algorithm });
}

/** Verifies with keys of this issuer only; what the header says about keys is compared, never followed. RFC 8725 §3.1. */
export async function verifySignature({
  jws,
  trusted,
  algorithm,
}: {
  jws: ParsedJws;
  trusted: TrustedIssuer;
  algorithm: SignatureAlgorithm;
}): Promise<Result<{ verified: VerifiedJws }>> {
  const { kid } = jws.header;
  const keys = await trusted.keys.find(typeof kid === 'string' ? kid : undefined, algorithm);
  const verified = verifyJws(jws, keys, trusted.algorithms);
  return verified.ok
    ? ok({ verified: verified.value })
    : refuse(codeOf(verified.refusal), { problem: verified.refusal.problem, issuer: trusted.issuer });
}

const codes: Readonly<Record<JwsProblem['problem'], RefusalCode>> = {
  'too-large': 'assertion/too-large',
  parts: 'assertion/malformed',
  encrypted: 'assertion/encrypted',
  encoding: 'assertion/malformed',
  header: 'assertion/malformed',
  payload: 'assertion/malformed',
  algorithm: 'assertion/header',
  critical: 'assertion/header',
  'key-unknown': 'assertion/key-unknown',
  signature: 'assertion/signature',
};

function codeOf({ problem }: JwsProblem): RefusalCode {
  return codes[problem];
}
