import { constants, type KeyObject, verify as verifySignature } from 'node:crypto';
import { limits } from '../constants.ts';
import type { JsonObject } from '../json.ts';
import { ok, type Result } from '../result.ts';
import type { VerifiedJws } from '../verified.ts';
import { namedAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import { ecdsaCurves, rawToDer } from './ecdsa.ts';
import type { VerificationKey } from './jwks.ts';
import type { ParsedJws } from './parse.ts';
import { type JwsProblem, jwsProblem } from './problem.ts';

/** How many keys one token may be tried against. */
const maximumCandidates = 3;

/**
 * Verifies a JWS with keys fixed beforehand. The algorithm must be on the allow-list and be one of the key's own; critical
 * extensions, unencoded payloads and compression are refused; keys or links to keys in the header are never looked at.
 *
 * RFC 7515 §5.2, RFC 8725 §3.1, §3.2.
 */
export function verifyJws(
  jws: ParsedJws,
  keys: readonly VerificationKey[],
  allowed: readonly SignatureAlgorithm[],
): Result<VerifiedJws, JwsProblem> {
  const { header, payload } = jws;
  const { kid } = header;
  const alg = namedAlgorithm(header.alg);
  if (alg === undefined || !allowed.includes(alg)) return jwsProblem('algorithm'); // RED-07, ATK-03, ATK-04
  if (hasExtensions(header)) return jwsProblem('critical'); // RED-07, ATK-47
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > limits.identifierCharacters))
    return jwsProblem('header'); // ATK-06

  const candidates = keys.filter((key) => isCandidate(key, kid, alg));
  if (candidates.length === 0) return jwsProblem('key-unknown');
  if (candidates.length > maximumCandidates) return jwsProblem('key-unknown'); // LES-49

  const data = Buffer.from(jws.signingInput, 'latin1');
  const isGood = candidates.some((candidate) => isSignatureOf(candidate.key, alg, data, jws.signature));
  if (!isGood) return jwsProblem('signature'); // RED-09, ATK-03, ATK-05
  return ok({ header, payload } as VerifiedJws);
}

function isCandidate(key: VerificationKey, kid: string | undefined, alg: SignatureAlgorithm): boolean {
  if (kid !== undefined && key.kid !== kid) return false; // RED-09, KEY-06, ATK-06
  if (!key.algorithms.includes(alg)) return false; // KEY-06, ATK-04, LES-34
  return true;
}

function hasExtensions(header: JsonObject): boolean {
  return header.crit !== undefined || header.b64 !== undefined || header.zip !== undefined || header.enc !== undefined;
}

function isSignatureOf(key: KeyObject, alg: SignatureAlgorithm, data: Buffer, signature: Uint8Array): boolean {
  switch (alg) {
    case 'ES256':
    case 'ES384': {
      const der = rawToDer(signature, ecdsaCurves[alg]);
      return der !== undefined && verifySignature(alg === 'ES256' ? 'sha256' : 'sha384', data, key, der);
    }
    case 'RS256':
      return verifySignature('sha256', data, key, signature);
    case 'PS256':
      return verifySignature(
        'sha256',
        data,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      );
    case 'EdDSA':
      return verifySignature(null, data, key, signature);
  }
}
