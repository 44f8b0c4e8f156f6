export type { AuditEntry, AuditKind, AuditOutcome, AuditPersonal } from './audit/audit-entry.ts';
export { cleanText, escapeUnsafe } from './audit/clean-text.ts';
export { erasePersonal, findAudit, type StoredAudit, storedAudit } from './audit/find-audit.ts';
export { type AnonymousRefusal, createRefusalCounter, type RefusalCounter } from './audit/refusal-counter.ts';
export { type ChainVerdict, verifyAuditChain } from './audit/verify-chain.ts';
export {
  type AssertingClient,
  type AssertionVerifier,
  assertionUse,
  type ReadClientAssertion,
  readClientAssertion,
  verifyClientAssertion,
} from './clients/client-assertion.ts';
export {
  type ClientKeysChanged,
  type ClientMetadataResolver,
  createClientMetadataResolver,
  type ResolvedClient,
} from './clients/client-metadata-resolver.ts';
export type { CommitQueue } from './commit/commit-queue.ts';
export type {
  CommitOutcome,
  CommitRequest,
  ProofUse,
  RowInsert,
  ScopedProofUse,
  SingleUse,
  SqlValue,
  UsedProof,
} from './commit/commit-request.ts';
export { changeScope, readEpoch } from './database/change-scope.ts';
export { changeWithProofs } from './database/change-with-proofs.ts';
export type { AuditChange } from './database/change-writer.ts';
export type { CoreSchema, KeyState, SigningKeyRow } from './database/core-schema.ts';
export { type Database, type DatabaseOptions, openDatabase } from './database/database.ts';
export type { LookUp } from './database/look-up.ts';
export type { Engine, Migration } from './database/migrate.ts';
export { type StatedState, takeStatedState } from './database/stated-state.ts';
export { isStoreFault } from './database/store-fault.ts';
export { KeysUnavailable, Misuse, StoreUnavailable } from './errors.ts';
export { readBody } from './http/read-body.ts';
export { parseRanges, remoteAddress } from './http/remote-address.ts';
export { createRouter, type Fallback, passOn, type Route, type RouteHandler } from './http/routes.ts';
export { type RunningServer, type ServerOptions, startServer } from './http/server.ts';
export {
  type EncryptionKeyFacts,
  endOtherEncryptionKeys,
  listEncryptionKeys,
  openSecrets,
} from './keys/data-key.ts';
export { createDpopNonces } from './keys/dpop-nonces.ts';
export {
  type EncryptionKeys,
  encryptionKeyFrom,
  endPreviousKeyInFile,
  exchangeKeyInFile,
  openEncryptionKeys,
} from './keys/encryption-keys.ts';
export type { KeySource } from './keys/fetch-issuer-keys.ts';
export { type IssuerKeys, pinnedIssuerKeys } from './keys/issuer-keys.ts';
export { type KeyDesk, openKeyDesk } from './keys/key-desk.ts';
export { type KeyManager, openKeyManager } from './keys/key-manager.ts';
export { type KeyFacts, type KeyPhase, keyTimes } from './keys/key-phases.ts';
export { type KeyRing, type KeyRingOptions, openKeyRing } from './keys/key-ring.ts';
export { startKeySchedule } from './keys/key-schedule.ts';
export { type KeyAlert, type RemoteIssuerKeysOptions, remoteIssuerKeys } from './keys/remote-issuer-keys.ts';
export {
  type KeyAct,
  type KeyPlace,
  listSigningKeys,
  maintainKeys,
  type Revocation,
  type Rotation,
  revokeSigningKey,
  rotateSigningKey,
} from './keys/rotate-keys.ts';
export { type SecretBox, secretBoxFromKey } from './keys/secret-box.ts';
export { createSignatureMemory, type SignatureMemory } from './keys/signature-memory.ts';
export { createLog, type Logger } from './log/log.ts';
export { redactText } from './log/redact.ts';
export { isGlobalAddress } from './outbound/global-unicast.ts';
export { OutboundFailure, type OutboundProblem, type Resolve } from './outbound/guarded-connect.ts';
export {
  createGuardedFetch,
  type GuardedFetch,
  type GuardedFetchOptions,
  type GuardedRequest,
  type GuardedResponse,
} from './outbound/guarded-fetch.ts';
