import { grantTypes, type IdJagClaims, ok, type Result, refuse } from '@crossgrant/protocol';
import { type DpopProof, readConfirmation } from '@crossgrant/protocol/jws';
import type { GovernedResource, ResourceClient } from '../../directory/resource-directory.ts';
import type { Received, RedemptionContext } from '../context.ts';
import { passed } from '../step.ts';
import { isConfidential } from './authenticate-client.ts';

interface Bound extends Pick<Received, 'request' | 'nowSeconds'> {
  readonly claims: IdJagClaims;
  readonly client: ResourceClient;
  readonly grantType: string;
}

/**
 * Verifies the proof of possession, if there is one. It is never ignored: the access token will be bound to its key.
 *
 * RFC 9449 §4.3, §5, ID-JAG-04 §9.8.1.2.
 */
export function verifyProof(
  { request, nowSeconds }: Pick<Bound, 'request' | 'nowSeconds'>,
  { proofs: { verify, target, nonces } }: Pick<RedemptionContext, 'proofs'>,
): Result<{ proof: DpopProof | undefined }> {
  const proof = verify(request.headers, { method: request.method, target, nowSeconds, nonces });
  return proof.ok ? ok({ proof: proof.value }) : proof; // DPO-03, DPO-05, ATK-35
}

/**
 * A bound assertion needs the proof of its key. A proof beside an unbound one is welcome, unless the grant type says that
 * the assertion is bound, or the client has nothing else to prove.
 *
 * RFC 7800 §3.1, ID-JAG-04 §9.8.1.2, draft-parecki-oauth-jwt-dpop-grant-02.
 */
export function judgeBinding({
  claims,
  client,
  grantType,
  proof,
}: Bound & { readonly proof: DpopProof | undefined }): Result<object> {
  const confirmed = readConfirmation(claims);
  if (!confirmed.ok) return confirmed; // RED-15, ATK-33
  if (confirmed.value === undefined && !isConfidential(client))
    return refuse('client/public', { clientId: client.clientId, because: 'unbound' }); // CAU-04, ATK-40
  const isBoundGrant = grantType === grantTypes.jwtDpop;
  if (isBoundGrant && confirmed.value === undefined) return refuse('assertion/confirmation-missing'); // DPO-07
  if (confirmed.value !== undefined && proof === undefined) return refuse('assertion/proof-missing'); // RED-15, DPO-04, LES-32
  if (client.dpopRequired && proof === undefined) return refuse('dpop/missing', { clientId: client.clientId }); // DPO-11
  if (confirmed.value !== undefined && proof?.jkt !== confirmed.value) return refuse('assertion/proof-key'); // RED-15, DPO-03, ATK-33, LES-32
  return passed;
}

/** A resource may demand that every token for it is bound. ID-JAG-04 §9.8.1.2.4. */
export function judgeBindingOfResource({
  resource,
  proof,
}: {
  readonly resource: GovernedResource;
  readonly proof: DpopProof | undefined;
}): Result<object> {
  if (resource.dpopRequired && proof === undefined)
    return refuse('assertion/proof-demanded', { resource: resource.identifier }); // DPO-06, ATK-34
  return passed;
}
