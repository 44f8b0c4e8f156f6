import type { ClientApp } from '@crossgrant/identity';
import { ok, type Result, refuse, toSeconds } from '@crossgrant/protocol';
import type { DpopProof } from '@crossgrant/protocol/jws';
import type { ProofDeps } from './deps.ts';
import type { ExchangeStart } from './exchange-start.ts';

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
