/** A trusted issuer as an administrator or a builder writes it down. */
export interface TrustedIssuerSettings {
  readonly issuer: string;
  /** The customer whose people this issuer vouches for; absent: `default`. */
  readonly customer?: string;
  /** `discovery`: the `jwks_uri` of the issuer's own metadata, once its `issuer` matched. */
  readonly keys: 'discovery' | { readonly jwksUri: string } | { readonly jwks: unknown };
  /** Client ids that may redeem what this issuer signs, or `any`. */
  readonly clients: readonly string[] | 'any';
  readonly linking: LinkingSettings;
  readonly reuse?: 'refuse' | 'allow';
  readonly defaultResource?: string;
  readonly defaultScopes?: readonly string[];
  readonly tenant?: { readonly pin: string } | { readonly map: Readonly<Record<string, string>> };
  readonly audTenants?: readonly string[];
  readonly algorithms?: readonly string[];
  readonly skewSeconds?: number;
  readonly lifetimeCapSeconds?: number;
  readonly toleratesTrailingSlash?: boolean;
  readonly resources?: readonly string[];
  readonly state?: 'active' | 'disabled';
}

export type LinkingSettings =
  | 'jit'
  | 'linked'
  | {
      readonly jit?: boolean;
      readonly email?: boolean;
      readonly verifiedDomains?: readonly string[];
      readonly audSub?: boolean;
    };

export interface ClientSettings {
  readonly id: string;
  readonly name?: string;
  readonly auth: {
    readonly methods?: readonly ('client_secret_basic' | 'client_secret_post')[];
    readonly secret?: string;
  };
  readonly scopes?: readonly string[];
  readonly customer?: string;
  readonly state?: 'active' | 'blocked';
}

export interface ResourceSettings {
  readonly identifier: string;
  readonly name?: string;
  readonly scopes: readonly string[];
  readonly introspectionSecret?: string;
  /** Default 600. */
  readonly accessTokenSeconds?: number;
}

export interface CustomerSettings {
  readonly id: string;
  readonly name?: string;
  readonly state?: 'active' | 'disabled';
}

/** The customer of everything that names none. */
export const defaultCustomer = 'default';
