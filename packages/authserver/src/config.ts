/**
 * What a hosted authorization server is started with: plain data, secrets already resolved to strings.
 *
 * A start inserts or updates by the stable key of each entry (`id`, `issuer`, `identifier`) and never deletes: what left the
 * configuration stays in the database until somebody removes it there.
 */
export interface AuthServerConfig {
  /** Permits http and loopback addresses, and a key file that is created when missing. */
  readonly development: boolean;
  readonly issuer: string;
  /** `host:port`; port 0 picks a free one. */
  readonly listen: string;
  /** `./data/as.db` or `postgres://…`. */
  readonly database: string;
  /** The key that encrypts private keys and authenticates secrets; without it the environment variable is read. */
  readonly keyFile?: string;
  /** Absent: one customer with the id `default`. */
  readonly customers?: readonly CustomerConfig[];
  readonly clients: readonly AuthServerClientConfig[];
  readonly trustedIssuers: readonly TrustedIssuerConfig[];
  readonly resources: readonly GovernedResourceConfig[];
  readonly accounts?: readonly AccountConfig[];
}

export interface CustomerConfig {
  readonly id: string;
  readonly name?: string;
}

export type ClientAuthMethod = 'client_secret_basic' | 'client_secret_post';

export interface AuthServerClientConfig {
  readonly id: string;
  readonly name?: string;
  readonly auth: { readonly methods: readonly ClientAuthMethod[]; readonly secret?: string };
  /** A ceiling for this client; absent: every scope of the resource. */
  readonly scopes?: readonly string[];
  /** The one customer this client works for; absent: every customer. */
  readonly customer?: string;
  readonly state?: 'active' | 'blocked';
}

export interface TrustedIssuerConfig {
  readonly issuer: string;
  /** The customer whose people this issuer vouches for; absent: the only customer. */
  readonly customer?: string;
  readonly keys: 'discovery' | { readonly jwksUri: string } | { readonly jwks: unknown };
  /** Client ids that may redeem what this issuer signs, or `any`. */
  readonly clients: readonly string[] | 'any';
  readonly linking: LinkingConfig;
  /** Whether one ID-JAG may be redeemed again by the same client until it expires. Default `refuse`. */
  readonly reuse?: 'refuse' | 'allow';
  readonly defaultResource?: string;
  readonly defaultScopes?: readonly string[];
  /** `pin`: the only tenant accepted. `map`: IdP tenant to customer id, for an issuer shared by several companies. */
  readonly tenant?: { readonly pin: string } | { readonly map: Readonly<Record<string, string>> };
  /** Further customers a single-tenant issuer may act in when it names one by `aud_tenant`. */
  readonly audTenants?: readonly string[];
  readonly algorithms?: readonly string[];
  readonly skewSeconds?: number;
  readonly lifetimeCapSeconds?: number;
  readonly toleratesTrailingSlash?: boolean;
  /** Identifiers of the resources this issuer may open; absent: all. */
  readonly resources?: readonly string[];
  readonly state?: 'active' | 'disabled';
}

/**
 * How a person of the issuer becomes an account here.
 *
 * `jit` creates an account at the first redemption, `email` links an existing one by a verified address in a verified
 * domain, `linked` accepts people only whose link is already stored.
 */
export type LinkingConfig =
  | 'jit'
  | 'linked'
  | {
      readonly jit?: boolean;
      readonly email?: boolean;
      readonly verifiedDomains?: readonly string[];
      readonly audSub?: boolean;
    };

export interface GovernedResourceConfig {
  readonly identifier: string;
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Lets this resource server introspect: client id = `identifier` (form-url-encoded in Basic), with this secret. */
  readonly introspectionSecret?: string;
  /** Default 600. */
  readonly accessTokenSeconds?: number;
}

export interface AccountConfig {
  readonly customer?: string;
  readonly id?: string;
  readonly email?: string;
  readonly emailVerified?: boolean;
  readonly state?: 'active' | 'disabled';
  /** A ceiling for this person; absent: every scope. */
  readonly scopes?: readonly string[];
  readonly links?: readonly { readonly issuer: string; readonly tenant?: string; readonly subject: string }[];
}
