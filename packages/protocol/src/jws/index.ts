export type { VerifiedJws } from '../verified.ts';
export {
  defaultAlgorithms,
  isSignatureAlgorithm,
  namedAlgorithm,
  type PublicJwk,
  type SignatureAlgorithm,
} from './algorithms.ts';
export { decodeBase64url, encodeBase64url } from './base64url.ts';
export { readConfirmation } from './confirmation.ts';
export {
  createDpopVerifier,
  type DpopProof,
  type DpopVerifier,
  dpopProofKind,
  isThumbprint,
} from './dpop-proof.ts';
export { type ImportedJwks, importJwks, type VerificationKey } from './jwks.ts';
export { type JwsLimits, type ParsedJws, parseCompactJws } from './parse.ts';
export type { JwsProblem } from './problem.ts';
export { signJws } from './sign.ts';
export {
  exportPrivateJwk,
  generateSigningKey,
  importSigningKey,
  type SigningKey,
  UnusableSigningKey,
  verificationKeyOf,
} from './signing-key.ts';
export { thumbprint } from './thumbprint.ts';
export { verifyJws } from './verify.ts';
