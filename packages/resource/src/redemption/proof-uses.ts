import { assertionUse, type ProofUse, type UsedProof } from '@crossgrant/platform';
import { type Refusal, refuse } from '@crossgrant/protocol';
import { type KnownSoFar, refusedEntry } from './audit-redemption.ts';

/** The proofs that this request used, each to count once, with the row for the case that it was used before. */
export function proofUses(id: string, scope: string, known: KnownSoFar): readonly ProofUse[] {
  const { request, now, nowSeconds, form, client, clientAssertion } = known;
  if (clientAssertion === undefined) return [];
  const proven = { request, now, nowSeconds, form, client };
  return [assertionUse(clientAssertion, refusedEntry(id, scope, proven, usedProofRefusal('assertion-used')))]; // CAU-03
}

/** What a proof that was used before is answered with. */
export function usedProofRefusal(used: UsedProof): Refusal {
  return refuse(usedProofs[used]).refusal;
}

const usedProofs = {
  'assertion-used': 'client/assertion-replayed',
  'proof-used': 'client/assertion-replayed',
} as const;
