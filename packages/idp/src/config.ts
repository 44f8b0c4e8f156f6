import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type {
  AccountLink,
  ConnectionState,
  RuleConditions,
  ScopeRisk,
  SignOnDemand,
  SignOnMethod,
} from './domain/policy/model.ts';

/** Everything one IdP process needs, as plain data: secrets are resolved, paths are absolute or relative to the cwd. */
export interface IdpConfig {
  /** Allows http on loopback and a key file made at first start. */
  readonly development: boolean;
  /** The public issuer; may differ from `listen` when a proxy terminates TLS. */
  readonly issuer: string;
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** `./data/idp.db` or `postgres://…`. */
  readonly database: string;
  /** File with the key-encryption key; without it the environment variable CROSSGRANT_IDP_KEY is read. */
  readonly keyFile?: string;
  readonly tenant?: { readonly name: string };
  readonly people?: readonly PersonConfig[];
  readonly policy?: PolicySection;
  /** What a sign-on is worth, and what happens when an app asks for one that nobody can have. */
  readonly signOn?: SignOnConfig;
  /** Takes client apps whose id is the URL of their metadata document. */
  readonly clientMetadataDocuments?: boolean;
  /** Lets apps whose document names the method `none` exchange, each time with a proof of possession. */
  readonly publicClients?: boolean;
  /** Seconds a sign-on session lasts at most. */
  readonly sessionSeconds?: number;
  readonly exchangeLimits?: ExchangeLimits;
  /** Whether proofs of possession must carry a nonce of this server. `off` unless stated. RFC 9449 §8. */
  readonly dpopNonces?: 'off' | 'required';
  /** Off unless it is here. */
  readonly admin?: AdminConfig;
  readonly log?: { readonly level?: string; readonly destination?: { write(line: string): void } };
}

export interface SignOnConfig {
  /** What the ID token says of a sign-on by password. */
  readonly password?: Partial<SignOnMethod>;
  /** `refuse` (default): the app is told that no requested class can be reached; `best`: the person signs on as they can. */
  readonly unreachableAcr?: 'refuse' | 'best';
}

/** Where the admin API listens. */
export interface AdminConfig {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  /** The https URL in front of it; needed where others than this machine reach the listener. */
  readonly url?: string;
}

/** Exchanges allowed per minute; beyond them the answer is 429. */
export interface ExchangeLimits {
  readonly perClient: number;
  readonly perClientAndPerson: number;
}

export interface PersonConfig {
  readonly username: string;
  readonly email: string;
  readonly emailVerified?: boolean;
  readonly name?: string;
  readonly password?: string;
  readonly groups?: readonly string[];
  readonly state?: 'active' | 'disabled';
}

/** The policy of one tenant as a person writes it: names and keys, no generated ids. */
export interface PolicySection {
  readonly clientApps?: readonly ClientAppConfig[];
  readonly resourceApps?: readonly ResourceAppConfig[];
  readonly connections?: readonly ConnectionConfig[];
  readonly rules?: readonly RuleConfig[];
  /** What scopes of a risk demand of the sign-on, where they say nothing themselves. */
  readonly signOnByRisk?: Readonly<Partial<Record<ScopeRisk, SignOnDemand>>>;
}

export type ClientAuthMethodConfig = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

export interface ClientAppAuthConfig {
  readonly methods: readonly ClientAuthMethodConfig[];
  readonly secret?: string;
  /** The public keys of an app that signs its assertions, or where they are published. */
  readonly keys?: { readonly jwks: unknown } | { readonly jwksUri: string };
  /** Lets `aud` of an assertion be the URL of the token endpoint beside the issuer. */
  readonly tokenEndpointAudience?: boolean;
}

export interface ClientAppConfig {
  /** The client id at the IdP. */
  readonly id: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
  /** Absent for an app whose id is the URL of its metadata document: that says how it proves itself. */
  readonly auth?: ClientAppAuthConfig;
  readonly grantTypes?: readonly string[];
  readonly refreshTokens?: boolean;
  /** Refuses its token requests without a proof of possession. */
  readonly dpopRequired?: boolean;
  /** Replaces the refresh token at each renewal also for a confidential client. */
  readonly refreshTokenRotation?: boolean;
  readonly tags?: readonly string[];
  readonly state?: 'active' | 'blocked';
  readonly idTokenSignedResponseAlg?: 'RS256' | 'ES256';
}

export interface ResourceAppConfig {
  /** Stable key, used in connection keys (`agent/chat`). */
  readonly id: string;
  readonly name?: string;
  /** The issuer of the resource authorization server: the `aud` of every ID-JAG for it. */
  readonly issuer: string;
  /** Further texts a client may send as `audience`. */
  readonly aliases?: readonly string[];
  readonly signingAlgorithm?: SignatureAlgorithm;
  /** `public` (default): the subject of the person's ID tokens; `pairwise`: one random subject per resource app. */
  readonly subject?: 'public' | 'pairwise';
  readonly resources: readonly ResourceConfig[];
  /** Value of the `tenant` claim, when this authorization server tells tenants apart. */
  readonly tenantClaim?: string;
  readonly tags?: readonly string[];
  readonly state?: 'active' | 'disabled';
}

export interface ResourceConfig {
  readonly identifier: string;
  readonly name?: string;
  readonly scopes: Readonly<Record<string, ScopeConfig>>;
  readonly tags?: readonly string[];
}

export interface ScopeConfig {
  readonly risk: ScopeRisk;
  readonly description?: string;
  /** Raised when the meaning of the scope changes; connections approved for a lower version stop granting it. */
  readonly version?: number;
  /** What the scope demands of the sign-on, whichever rule grants it. */
  readonly signOn?: SignOnDemand;
}

export interface ConnectionConfig {
  readonly client: string;
  readonly resourceApp: string;
  /** The client's id at the resource authorization server. Absent: the same URL, for a client with a metadata document. */
  readonly resourceClientId?: string;
  /** Resource identifiers; absent: every resource the resource app has in this section. */
  readonly resources?: readonly string[];
  readonly defaultResource?: string;
  /** The ceiling. */
  readonly scopes: readonly string[];
  /** Granted when the request names no scope; absent: the ceiling. */
  readonly defaultScopes?: readonly string[];
  readonly state: ConnectionState;
  readonly accountLink?: AccountLink;
  readonly lifetimeSeconds?: number;
  readonly dpopRequired?: boolean;
  readonly owner?: string;
  readonly reason?: string;
  /** ISO 8601. */
  readonly reviewAt?: string;
  /** ISO 8601. */
  readonly expiresAt?: string;
}

export interface RuleConfig {
  /** Stable key. */
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** `disabled` withdraws a rule; left out, a rule is active. */
  readonly state?: 'active' | 'disabled';
  /** User names. */
  readonly users?: readonly string[];
  readonly groups?: readonly string[];
  readonly everyone?: boolean;
  /** Connection keys, `client/resourceApp`. Absent together with `tags`: every connection. */
  readonly connections?: readonly string[];
  /** Tags by what carries them; every kind named must match, one tag of each is enough. */
  readonly tags?: {
    readonly clients?: readonly string[];
    readonly resourceApps?: readonly string[];
    readonly resources?: readonly string[];
  };
  /** Absent: every scope. */
  readonly scopes?: readonly string[];
  /** Restricts the rule to scopes of these risks. */
  readonly risks?: readonly ScopeRisk[];
  readonly conditions?: RuleConditions;
}
