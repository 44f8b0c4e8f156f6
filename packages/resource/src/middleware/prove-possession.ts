import { createDpopNonces, secretBoxFromKey } from '@crossgrant/platform';
import { type Clock, dpopTarget, ok, type Result, refuse, toSeconds } from '@crossgrant/protocol';
import { createDpopVerifier, type DpopProof } from '@crossgrant/protocol/jws';
import type { BearerRequest, PresentedToken } from './bearer-header.ts';
import { createProofMemory } from './proof-uses.ts';
import { proofAlgorithmsOf, type ResourceServerOptions } from './settings.ts';

/** How requests prove that they hold the key of their token. */
export interface PossessionGate {
  /** The proof that this request must bring, or undefined for a plain bearer token. Nothing is recorded yet. */
  verify(request: BearerRequest, presented: PresentedToken): Result<DpopProof | undefined>;
  /** Records the use of a proof whose request passed every other check. */
  use(proof: DpopProof): Promise<Result<void>>;
}

/**
 * The gate for proofs. A token under the scheme DPoP needs a fresh proof with each request, made for this method, this
 * address and this token; a token under Bearer needs none, and is refused later where it is bound.
 *
 * The address comes from the resource identifier and the path; what the request says about its host does not count.
 *
 * RFC 9449 §4.3, §7.
 */
export function createPossessionGate(options: ResourceServerOptions, clock: Clock): PossessionGate {
  const { required = false, nonceKey, mountPath = '', uses = createProofMemory(clock) } = options.dpop ?? {};
  const verifyProof = createDpopVerifier({ algorithms: proofAlgorithmsOf(options) });
  const nonces = nonceKey === undefined ? undefined : createDpopNonces(secretBoxFromKey(nonceKey), options.resource);
  const { origin } = new URL(options.resource);

  return {
    verify(request, { scheme, token }) {
      if (scheme === 'bearer') return required ? refuse('bearer/bound-needed') : ok(undefined); // RSV-03
      const address = request.path === undefined ? options.resource : `${origin}${mountPath}${request.path}`;
      const target = dpopTarget(address);
      if (target === undefined || request.method === undefined) return refuse('bearer/proof', { address });
      const proof = verifyProof(request.headers, {
        method: request.method, // RSV-03
        target, // RSV-03
        accessToken: token, // RSV-03
        nowSeconds: toSeconds(clock()),
        nonces,
      });
      if (!proof.ok) return atResource(proof.refusal);
      return proof.value === undefined ? refuse('bearer/proof', { because: 'absent' }) : proof; // RSV-03, LES-32
    },
    async use({ useKey, keepUntil, jti }) {
      if (!(await uses.useProof(useKey, keepUntil))) return refuse('bearer/proof-replayed', { jti }); // RSV-03, ATK-35
      return ok(undefined);
    },
  };
}

/** The refusals of a resource server are 401 and come with a challenge. */
function atResource(refusal: Extract<Result<never>, { ok: false }>['refusal']): Result<never> {
  const code = refusal.code === 'dpop/nonce' ? 'bearer/proof-nonce' : 'bearer/proof';
  return refuse(code, { because: refusal.code, ...refusal.detail }, refusal.wire);
}
