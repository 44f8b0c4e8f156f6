import type {
  ClientDocumentSettings,
  ClientSettings,
  CustomerSettings,
  ResourceSettings,
  TrustedIssuerSettings,
} from '@crossgrant/resource';

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
  readonly customers?: readonly CustomerSettings[];
  readonly clients: readonly ClientSettings[];
  /** Takes clients whose id is the URL of their metadata document: those listed in `clients`, and those of these domains. */
  readonly clientMetadataDocuments?: ClientDocumentSettings;
  readonly trustedIssuers: readonly TrustedIssuerSettings[];
  readonly resources: readonly ResourceSettings[];
  /** Whether proofs of possession must carry a nonce of this server. `off` unless stated. RFC 9449 §8. */
  readonly dpopNonces?: 'off' | 'required';
  /** Takes the grant type jwt-dpop too. */
  readonly jwtDpopGrant?: boolean;
  readonly accounts?: readonly AccountConfig[];
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
