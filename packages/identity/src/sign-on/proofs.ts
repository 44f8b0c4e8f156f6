import type { DpopNonces } from '@crossgrant/protocol';
import type { DpopVerifier } from '@crossgrant/protocol/jws';

/** How proofs of possession are judged; the same for sign-on and for the exchange. */
export interface SignOnProofs {
  readonly verify: DpopVerifier;
  /** Absent: no nonce is asked for. */
  readonly nonces?: DpopNonces;
}
