export type { AccessRequest, ChallengeHint } from './access-token.ts';
export type { CallOptions } from './call.ts';
export { type CrossgrantClient, createCrossgrantClient } from './client.ts';
export {
  type AssertionSigner,
  type ClientAuth,
  clientSecretBasic,
  clientSecretPost,
  none,
  privateKeyJwt,
} from './client-auth.ts';
export type { DpopOption } from './dpop.ts';
export {
  CrossgrantError,
  type CrossgrantErrorCode,
  type CrossgrantFailure,
  CrossgrantMisuse,
  isCrossgrantError,
  type Stage,
  StepUpRequired,
  TemporarilyUnavailable,
} from './errors.ts';
export type { IdJagGrant } from './grant.ts';
export { keySigner } from './key-signer.ts';
export type { AccessToken } from './memory.ts';
export type { OAuthErrorBody, RawResponse } from './oauth-error.ts';
export type {
  CrossgrantClientOptions,
  IdentityProviderRegistration,
  ResourceServerRegistration,
  Warning,
} from './options.ts';
export type { FetchLike } from './outbound.ts';
export type { Patience } from './patience.ts';
export type { RecoveryOptions, SignOnDemand } from './recovery-options.ts';
export type { ScopeDifference } from './scope-choice.ts';
export { createMemorySessions, type Session, type SessionStore } from './sessions.ts';
export type { AdoptedSignOn, PendingSignOn, SigningOn, SignOnRequest } from './sign-on/request.ts';
