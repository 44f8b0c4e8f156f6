import {
  bearerChallenge,
  type PlainResponse,
  type Refusal,
  refusalEntry,
  refusalResponse,
  type ScopeSet,
} from '@crossgrant/protocol';

export interface ChallengeContext {
  readonly id: string;
  readonly resourceMetadata: string;
  /** What a client without a token should ask for. */
  readonly initialScope: ScopeSet;
}

/**
 * The response to a refusal at a resource server. A request without a token learns where to get one, and no error; all other
 * refusals carry their OAuth error in the header too.
 *
 * RFC 6750 §3 and §3.1, RFC 9728 §5.1, RFC 9470 §3.
 */
export function challengeResponse(refusal: Refusal, context: ChallengeContext): PlainResponse {
  const entry = refusalEntry(refusal.code);
  const isFirstContact = refusal.code === 'bearer/missing' || refusal.code === 'bearer/scheme';
  const wwwAuthenticate = bearerChallenge({
    error: isFirstContact ? undefined : entry.error,
    errorDescription: isFirstContact ? undefined : entry.sentence,
    scope: refusal.wire?.scope?.split(' ') ?? (entry.status === 401 ? context.initialScope : undefined), // MET-10, RSV-04
    acrValues: refusal.wire?.acr_values, // RSV-05
    maxAge: refusal.wire?.max_age, // RSV-05
    resourceMetadata: context.resourceMetadata, // MET-10
  });
  return refusalResponse(refusal, { id: context.id, wwwAuthenticate }); // MET-10
}
