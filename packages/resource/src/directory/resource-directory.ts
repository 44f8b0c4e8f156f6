import type { IssuerKeys } from '@crossgrant/platform';
import type { SignOnNeeds } from '@crossgrant/protocol';
import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';

/**
 * Everything an administrator decides about redemption, as one immutable snapshot.
 *
 * `epoch` is the state of the store the snapshot was made from: a redemption commits only while the store is still at that
 * epoch, so a snapshot that missed a revocation cannot issue.
 */
export interface ResourceDirectory {
  readonly epoch: number;
  /** Whether public clients with a metadata document may redeem what is bound to their key. */
  readonly publicClients: boolean;
  customer(customerId: string): Customer | undefined;
  /** By exact string; nothing is normalised. */
  trustedIssuer(issuer: string): TrustedIssuer | undefined;
  client(clientId: string): ResourceClient | undefined;
  /** By RFC 3986 §6.2.2 equality, never by prefix. */
  resource(identifier: string): GovernedResource | undefined;
  resources(): readonly GovernedResource[];
}

/** One company at this authorization server. */
export interface Customer {
  readonly customerId: string;
  readonly name?: string;
  readonly state: 'active' | 'disabled';
}

/** An IdP whose ID-JAGs are accepted, with the keys and the limits that hold for it alone. */
export interface TrustedIssuer {
  readonly issuer: string;
  /** The customer of a single-tenant issuer; a multi-tenant issuer maps each of its tenants instead. */
  readonly customerId: string;
  readonly keys: IssuerKeys;
  /** Where `keys` come from: an address, or the thumbprint of each pinned key. Entries that share one need tenant pins. */
  readonly keySources: readonly string[];
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly tenant: TenantMode;
  /** Further customers that `aud_tenant` may name; single-tenant issuers only. */
  readonly audTenants: readonly string[];
  readonly skewSeconds: number;
  readonly lifetimeCapSeconds: number;
  readonly reuse: 'refuse' | 'allow';
  readonly toleratesTrailingSlash: boolean;
  /** `any` that is registered or of an approved domain; `vouched`: further any whose ID-JAG it signed. */
  readonly clients: readonly string[] | 'any' | 'vouched';
  /** Resources this issuer may open; absent: all that are governed here. */
  readonly resources?: readonly string[];
  readonly defaultResource?: string;
  readonly defaultScopes?: readonly string[];
  readonly linking: AccountLinking;
  readonly state: 'active' | 'disabled';
}

export type TenantMode =
  | { readonly mode: 'single'; readonly pin?: string }
  | { readonly mode: 'multi'; readonly map: Readonly<Record<string, string>> };

/** Which ways lead from a subject that is not linked yet to an account. */
export interface AccountLinking {
  readonly jit: boolean;
  readonly email: boolean;
  readonly verifiedDomains: readonly string[];
  readonly audSub: boolean;
}

export type SecretVerifier = (secret: string) => boolean;

/** How a client may prove itself here. */
export type ClientMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** A client app as it is registered here, apart from its registration at the IdP. */
export interface ResourceClient {
  readonly clientId: string;
  readonly name?: string;
  /** The customers it works for; absent: all. */
  readonly customerIds?: readonly string[];
  readonly authMethods: readonly ClientMethod[];
  readonly verifySecret?: SecretVerifier;
  /** What verifies its assertions. A client with neither secret nor keys is public: see `publicClients`. */
  readonly assertions?: { readonly keys: IssuerKeys; readonly tokenEndpointAudience: boolean };
  /**
   * The client id is the URL of a metadata document, which says how the client proves itself: `registered` here by an
   * administrator, of an approved `domain`, or of `unapproved` origin. Absent: registered with everything.
   */
  readonly document?: 'registered' | 'domain' | 'unapproved';
  readonly grantTypes: readonly string[];
  /** A ceiling; absent: every scope of the resource. */
  readonly scopes?: readonly string[];
  /** Every token request must carry a proof of possession: `dpop_bound_access_tokens` of RFC 9449 §5.2. */
  readonly dpopRequired: boolean;
  readonly state: 'active' | 'blocked';
}

/** A protected resource whose tokens are issued here. */
export interface GovernedResource {
  readonly identifier: string;
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Present: this resource server may introspect tokens made for it. */
  readonly verifyIntrospectionSecret?: SecretVerifier;
  readonly accessTokenSeconds: number;
  /** What a scope asks of the sign-on behind the ID-JAG. */
  readonly signOnByScope?: Readonly<Record<string, SignOnNeeds>>;
  /** Absent: `jwt`. */
  readonly accessTokens?: 'jwt' | 'opaque';
  /** Tokens for it must be bound to a key. */
  readonly dpopRequired: boolean;
}
