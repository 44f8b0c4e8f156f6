import type { ClientKeys, DescribeClient, RefreshTokens } from '@crossgrant/identity';
import type { KeyRing, Logger, RefusalCounter, SecretBox, SignatureMemory } from '@crossgrant/platform';
import type { Clock, DpopNonces } from '@crossgrant/protocol';
import type { DpopVerifier } from '@crossgrant/protocol/jws';
import type { LiveStateSource } from '../snapshot/live-state.ts';
import type { IdpDatabase } from '../store/schema.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { SessionReader } from './session-reader.ts';
import type { SubjectBook } from './subject-book.ts';

/** How proofs of possession are judged at the token endpoint. */
export interface ProofDeps {
  readonly verify: DpopVerifier;
  /** The token endpoint in its normal form, from the configured issuer. */
  readonly target: string;
  /** Absent: no nonce is asked for. */
  readonly nonces?: DpopNonces;
}

/** What the exchange of one tenant stands on. */
export interface ExchangeDeps {
  readonly issuer: string;
  readonly tenantId: string;
  readonly database: IdpDatabase;
  readonly liveState: LiveStateSource;
  readonly keyRing: KeyRing;
  readonly secretBox: SecretBox;
  readonly clientKeys: ClientKeys;
  readonly describeClient: DescribeClient;
  readonly tokenEndpoint: string;
  /** Whether public clients with a metadata document may exchange. */
  readonly publicClients: boolean;
  /** Signatures of ID tokens that were good. */
  readonly subjectTokens: SignatureMemory;
  readonly sessions: SessionReader;
  readonly refreshTokens: RefreshTokens;
  readonly subjects: SubjectBook;
  readonly proofs: ProofDeps;
  /** Counts the refusals of callers that did not prove who they are. */
  readonly anonymous: RefusalCounter;
  readonly limits: { readonly byClient: RateLimiter; readonly byPerson: RateLimiter };
  readonly clock: Clock;
  readonly log: Logger;
  /** Where a decision id can be looked up; the id is appended after a slash. */
  readonly explainUrl: string;
}
