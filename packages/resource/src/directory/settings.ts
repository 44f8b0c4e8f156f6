import type { SignOnNeeds } from '@crossgrant/protocol';
import type { ClientMethod } from './resource-directory.ts';

/** A trusted issuer as an administrator or a builder writes it down. */
export interface TrustedIssuerSettings {
  readonly issuer: string;
  /** The customer whose people this issuer vouches for; absent: `default`. */
  readonly customer?: string;
  /** `discovery`: the `jwks_uri` of the issuer's own metadata, once its `issuer` matched. */
  readonly keys: 'discovery' | { readonly jwksUri: string } | { readonly jwks: unknown };
  /**
   * Client ids that may redeem what this issuer signs, or `any` that is registered or of an approved domain. `vouched`: any
   * client with a metadata document whose ID-JAG this issuer signed, known here or not.
   */
  readonly clients: readonly string[] | 'any' | 'vouched';
  readonly linking: LinkingSettings;
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
export type LinkingSettings =
  | 'jit'
  | 'linked'
  | {
      readonly jit?: boolean;
      readonly email?: boolean;
      readonly verifiedDomains?: readonly string[];
      readonly audSub?: boolean;
    };

export type ClientKeySettings = { readonly jwks: unknown } | { readonly jwksUri: string };

/** Clients whose id is the URL of their metadata document. */
export interface ClientDocumentSettings {
  /** Hosts whose documents count without a registration of each: `agent.example`, or `*.agent.example` for those below it. */
  readonly domains?: readonly string[];
  /** Lets those whose document names the method `none` redeem ID-JAGs that are bound to a key they prove. Default false. */
  readonly publicClients?: boolean;
}

export interface ClientSettings {
  /** `[A-Za-z0-9_-]`, or the URL of a metadata document. */
  readonly id: string;
  readonly name?: string;
  /** Empty for a client with a metadata document: that says how it proves itself. */
  readonly auth: {
    /** Absent: both secret methods, or private_key_jwt for a client that has keys and no secret. */
    readonly methods?: readonly ClientMethod[];
    readonly secret?: string;
    /** The public keys of a client that signs its assertions, or where they are published. */
    readonly keys?: ClientKeySettings;
    /** Lets `aud` of an assertion be the URL of the token endpoint beside the issuer. Off: the issuer alone. */
    readonly tokenEndpointAudience?: boolean;
  };
  /** A ceiling for this client; absent: every scope of the resource. */
  readonly scopes?: readonly string[];
  /** The one customer this client works for; absent: every customer. */
  readonly customer?: string;
  /** Refuses its token requests without a proof of possession (DPoP). */
  readonly dpopRequired?: boolean;
  readonly state?: 'active' | 'blocked';
}

export interface ResourceSettings {
  readonly identifier: string;
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Lets this resource server introspect: client id = `identifier` (form-url-encoded in Basic), with this secret. */
  readonly introspectionSecret?: string;
  /** Default 600. */
  readonly accessTokenSeconds?: number;
  /** What a scope asks of the sign-on behind the ID-JAG. A weaker one does not get the scope. */
  readonly signOnByScope?: Readonly<Record<string, SignOnNeeds>>;
  /** `opaque`: random texts that the resource server asks about by introspection. Default `jwt`. */
  readonly accessTokens?: 'jwt' | 'opaque';
  /** Issues only tokens that are bound to a key (DPoP). */
  readonly dpopRequired?: boolean;
}

export interface CustomerSettings {
  readonly id: string;
  readonly name?: string;
  readonly state?: 'active' | 'disabled';
}

/** The customer of everything that names none. */
export const defaultCustomer = 'default';
