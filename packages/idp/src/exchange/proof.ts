import type { ClientApp } from '@crossgrant/identity';
import { assertionUse, type SingleUse } from '@crossgrant/platform';
import { ok, type PlainResponse, type Refusal, type Result, refuse, toSeconds } from '@crossgrant/protocol';
import { type DpopProof, dpopProofKind } from '@crossgrant/protocol/jws';
import type { ExchangeDeps, ProofDeps } from './deps.ts';
import { exchangeAudit, type Found } from './exchange-audit.ts';
import type { ExchangeStart } from './steps.ts';

/**
 * Verifies the proof of possession, if there is one. A proof is never ignored: either the ID-JAG is bound to its key or
 * there is no ID-JAG. A client whose registration says so must bring one.
 *
 * ID-JAG-04 §9.8.1.1, RFC 9449 §5, §5.2.
 */
export function verifyProof(
  { verify, target, nonces }: ProofDeps,
  { headers, nowMs, client }: Pick<ExchangeStart, 'headers' | 'nowMs'> & { readonly client: ClientApp },
): Result<{ proof: DpopProof | undefined }> {
  const proof = verify(headers, { method: 'POST', target, nowSeconds: toSeconds(nowMs), nonces });
  if (!proof.ok) return proof; // DPO-01
  if (proof.value === undefined && client.dpopRequired) return refuse('dpop/missing', { by: 'client' }); // DPO-11
  return ok({ proof: proof.value });
}

/** An administrator may demand that everything that passes over a connection is bound. */
export function checkProofDemanded({
  connection,
  proof,
}: {
  readonly connection: { readonly dpopRequired: boolean };
  readonly proof: DpopProof | undefined;
}): Result<object> {
  if (connection.dpopRequired && proof === undefined) return refuse('dpop/missing', { by: 'connection' }); // ATK-34
  return ok({});
}

/** What the request uses up, whether it was granted or refused: it has shown its proof either way. */
export function proofUses(tenantId: string, found: Found): readonly SingleUse[] {
  const { proof, clientAssertion } = found;
  const uses: SingleUse[] = [];
  if (clientAssertion !== undefined) {
    const audit = exchangeAudit(tenantId, provenOnly(found), usedAssertion);
    uses.push({ ...assertionUse(clientAssertion, audit), scope: tenantId }); // CAU-03
  }
  if (proof !== undefined) {
    const { useKey: key, keepUntil } = proof;
    const nothing = { decision: undefined, allowed: undefined, signed: undefined };
    const audit = exchangeAudit(tenantId, { ...found, ...nothing }, refuse('dpop/replayed').refusal);
    uses.push({ kind: dpopProofKind, scope: tenantId, key, keepUntil, whenUsed: { outcome: 'proof-used', audit } }); // DPO-01, ATK-35
  }
  return uses;
}

export const usedAssertion: Refusal = refuse('client/assertion-replayed').refusal;

/** Whoever replays an assertion has shown nothing else: the row names the client alone. */
function provenOnly({ id, headers, form, callerAddress, live, nowMs, isFirst, client }: Found): Found {
  return { id, headers, form, callerAddress, live, nowMs, isFirst, client };
}

/** Every answer brings the nonce for the next request, where nonces are asked for. RFC 9449 §8.2. */
export function withNonce(answer: PlainResponse, { proofs, clock }: ExchangeDeps): PlainResponse {
  if (proofs.nonces === undefined) return answer;
  const nonce = proofs.nonces.current(toSeconds(clock()));
  return { ...answer, headers: { 'dpop-nonce': nonce, ...answer.headers } };
}
