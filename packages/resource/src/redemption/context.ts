import type { ClientMetadataResolver } from '@crossgrant/platform';
import type {
  AcceptedClientAssertion,
  Clock,
  DpopNonces,
  FormParameters,
  IdJagClaims,
  JsonObject,
  PlainRequest,
  ScopeSet,
  VerifiedJws,
} from '@crossgrant/protocol';
import type { DpopProof, DpopVerifier, ParsedJws, SigningKey } from '@crossgrant/protocol/jws';
import type { Resolution } from '../accounts/resolve-account.ts';
import type {
  GovernedResource,
  ResourceClient,
  ResourceDirectory,
  TrustedIssuer,
} from '../directory/resource-directory.ts';
import type { Account, AccountLinkKey, ResourceStore } from '../store/resource-store.ts';

/** How proofs of possession are judged at the token endpoint. */
export interface RedemptionProofs {
  readonly verify: DpopVerifier;
  /** The token endpoint in its normal form, from the configured issuer. */
  readonly target: string;
  /** Absent: no nonce is asked for. */
  readonly nonces?: DpopNonces;
}

/** What one evaluation of a redemption may use. The directory does not change while it runs. */
export interface RedemptionContext {
  readonly issuer: string;
  readonly directory: ResourceDirectory;
  /** Reads clients that describe themselves; absent while that is off. */
  readonly clientDocuments?: ClientMetadataResolver;
  readonly store: ResourceStore;
  readonly clock: Clock;
  readonly proofs: RedemptionProofs;
  /** Takes the grant type jwt-dpop too. */
  readonly jwtDpopGrant: boolean;
  /** The key that signs access tokens at this moment. */
  signingKey(): SigningKey;
}

/** What is known before the first step: nothing but the request and the time. */
export interface Received {
  readonly request: PlainRequest;
  /** Milliseconds; one instant for all checks of one evaluation. */
  readonly now: number;
  readonly nowSeconds: number;
}

/** Everything that is established once every check has passed. */
export interface Redeemable extends Received {
  readonly form: FormParameters;
  readonly grantType: string;
  readonly assertion: string;
  readonly client: ResourceClient;
  /** What proved the client, where an assertion did. */
  readonly clientAssertion: AcceptedClientAssertion | undefined;
  readonly jws: ParsedJws;
  readonly trusted: TrustedIssuer;
  readonly verified: VerifiedJws;
  readonly claims: IdJagClaims;
  /** The IdP's tenant; empty without one. */
  readonly tenant: string;
  /** What the request proved to hold; the access token is bound to it. */
  readonly proof: DpopProof | undefined;
  readonly customerId: string;
  readonly claimedResources: readonly GovernedResource[] | undefined;
  readonly requestedResource: GovernedResource | undefined;
  readonly resource: GovernedResource;
  readonly scopesRequested: ScopeSet | undefined;
  readonly scope: ScopeSet;
  readonly actor: JsonObject | undefined;
  readonly linkKey: AccountLinkKey;
  readonly resolution: Resolution;
  readonly lifetimeSeconds: number;
  readonly account: Account;
}
