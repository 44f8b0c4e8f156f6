import { type RefusalEntry, sentences } from './entry.ts';

const proof = { error: 'invalid_dpop_proof', status: 400, sentence: sentences.proof } as const;

/** Proofs of possession at the token endpoints of both servers. RFC 9449 §4.3, §5. */
export const dpopRefusals = {
  'dpop/missing': {
    ...proof,
    sentence: 'A DPoP proof is needed',
    reason: 'The client or the connection demands a proof of possession, and the request carries none.',
    rules: ['DPO-11', 'IDJ-19'],
  },
  'dpop/malformed': {
    ...proof,
    reason: 'There is more than one DPoP header, or it is not one strict compact JWS.',
    rules: ['DPO-01'],
  },
  'dpop/header': {
    ...proof,
    reason: 'typ of the proof is not dpop+jwt, its algorithm is not on the list, or it has critical extensions.',
    rules: ['DPO-01'],
  },
  'dpop/key': {
    ...proof,
    reason: 'jwk of the proof is absent, holds private material, or is no acceptable public key for the algorithm.',
    rules: ['DPO-01'],
  },
  'dpop/signature': { ...proof, reason: 'The embedded key does not verify the proof.', rules: ['DPO-01'] },
  'dpop/claims': {
    ...proof,
    reason: 'jti, iat, htm, htu or nonce of the proof is absent, too long, or of the wrong JSON type.',
    rules: ['DPO-01'],
  },
  'dpop/target': { ...proof, reason: 'htm or htu of the proof is not this request.', rules: ['DPO-01'] },
  'dpop/time': { ...proof, reason: 'iat of the proof is more than a minute away from now.', rules: ['DPO-01'] },
  'dpop/token': { ...proof, reason: 'ath of the proof is not the hash of the access token.', rules: ['RSV-03'] },
  'dpop/replayed': { ...proof, reason: 'The jti of the proof was used before with this key.', rules: ['DPO-01'] },
  'dpop/nonce': {
    error: 'use_dpop_nonce',
    status: 400,
    sentence: sentences.proofNonce,
    reason: 'The proof has no nonce, or one that is no longer accepted.',
    rules: ['DPO-01'],
  },
} as const satisfies Record<string, RefusalEntry>;
