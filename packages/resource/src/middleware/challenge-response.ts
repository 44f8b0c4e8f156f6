import {
  type BearerChallenge,
  bearerChallenge,
  dpopChallenge,
  type PlainResponse,
  type Refusal,
  refusalEntry,
  refusalResponse,
  type ScopeSet,
} from '@crossgrant/protocol';
import type { BearerRequest } from './bearer-header.ts';

export interface ChallengeContext {
  readonly id: string;
  readonly resourceMetadata: string;
  /** What a client without a token should ask for. */
  readonly initialScope: ScopeSet;
  readonly proofAlgorithms: readonly string[];
  /** The schemes that the challenge names. */
  readonly schemes: readonly ('bearer' | 'dpop')[];
}

/**
 * The response to a refusal at a resource server. A request without a token learns where to get one, and no error; all other
 * refusals carry their OAuth error in the header too.
 *
 * RFC 6750 §3 and §3.1, RFC 9728 §5.1, RFC 9470 §3, RFC 9449 §7.1.
 */
export function challengeResponse(refusal: Refusal, context: ChallengeContext): PlainResponse {
  const entry = refusalEntry(refusal.code);
  const isFirstContact = refusal.code === 'bearer/missing' || refusal.code === 'bearer/scheme';
  const challenge: BearerChallenge = {
    error: isFirstContact ? undefined : entry.error,
    errorDescription: isFirstContact ? undefined : entry.sentence,
    scope: refusal.wire?.scope?.split(' ') ?? (entry.status === 401 ? context.initialScope : undefined), // MET-10, RSV-04
    acrValues: refusal.wire?.acr_values, // RSV-05
    maxAge: refusal.wire?.max_age, // RSV-05
    resourceMetadata: context.resourceMetadata, // MET-10
  };
  const written = context.schemes.map(
    (scheme) => (scheme === 'dpop' ? dpopChallenge(challenge, context.proofAlgorithms) : bearerChallenge(challenge)), // RSV-03
  );
  const wwwAuthenticate = written.join(', ');
  return refusalResponse(refusal, { id: context.id, wwwAuthenticate }); // MET-10
}

/**
 * The schemes to challenge with: whichever the request used, or those that work here where it used none. Bearer stands
 * first, for clients that read one challenge only.
 */
export function schemesFor(
  refusal: Refusal,
  request: BearerRequest | undefined,
  isBindingRequired: boolean,
): ChallengeContext['schemes'] {
  if (isBindingRequired || aboutBinding.includes(refusal.code)) return ['dpop'];
  const scheme = /^(bearer|dpop) /i.exec(request?.headers.get('authorization') ?? '')?.[1]?.toLowerCase();
  if (scheme === 'dpop') return ['dpop'];
  return scheme === 'bearer' ? ['bearer'] : ['bearer', 'dpop'];
}

const aboutBinding: readonly string[] = [
  'bearer/confirmation',
  'bearer/not-bound',
  'bearer/bound-needed',
  'bearer/proof-key',
  'bearer/proof',
  'bearer/proof-replayed',
  'bearer/proof-nonce',
];
