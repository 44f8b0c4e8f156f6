import { type AuditEntry, assertionUse, type ProofUse, type UsedProof } from '@crossgrant/platform';
import { type Refusal, refuse } from '@crossgrant/protocol';
import { type DpopProof, dpopProofKind } from '@crossgrant/protocol/jws';
import { type KnownSoFar, refusedEntry } from './audit-redemption.ts';

/** The proofs that this request used, each to count once, with the row for the case that it was used before. */
export function proofUses(id: string, scope: string, known: KnownSoFar): readonly ProofUse[] {
  const { request, now, nowSeconds, form, client, clientAssertion, proof } = known;
  const proven = { request, now, nowSeconds, form, client };
  const rowFor = (used: UsedProof): AuditEntry => refusedEntry(id, scope, proven, usedProofRefusal(used));
  const uses: ProofUse[] = [];
  if (clientAssertion !== undefined) uses.push(assertionUse(clientAssertion, rowFor('assertion-used'))); // CAU-03
  if (proof !== undefined) uses.push(possessionUse(proof, rowFor('proof-used'))); // DPO-03, DPO-05, ATK-35
  return uses;
}

function possessionUse({ useKey: key, keepUntil }: DpopProof, audit: AuditEntry): ProofUse {
  return { kind: dpopProofKind, key, keepUntil, whenUsed: { outcome: 'proof-used', audit } };
}

/** What a proof that was used before is answered with. */
export function usedProofRefusal(used: UsedProof): Refusal {
  return refuse(usedProofs[used]).refusal;
}

const usedProofs = {
  'assertion-used': 'client/assertion-replayed',
  'proof-used': 'dpop/replayed',
} as const;
