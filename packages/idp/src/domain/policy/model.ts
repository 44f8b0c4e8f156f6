import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';

/** What a scope lets its holder do, as judged by the administrator. */
export type ScopeRisk = 'read' | 'write' | 'destructive' | 'admin';

export type ConnectionState = 'pending' | 'approved' | 'blocked';

/** Which identifier of the person the ID-JAG carries beside `sub`. */
export type AccountLink = 'sub' | 'email';

export interface ResourceScope {
  readonly risk: ScopeRisk;
  readonly version: number;
  /** What the sign-on must be like, whichever rule grants the scope. */
  readonly signOn?: SignOnDemand;
}

/** A sign-on that is strong and fresh enough. All members must hold. */
export interface SignOnDemand {
  /** One of these authentication context classes. */
  readonly acr?: readonly string[];
  /** Seconds since the person authenticated. */
  readonly maxAge?: number;
}

/** A way to sign on at this IdP, and what it is worth. */
export interface SignOnMethod {
  readonly acr: string;
  readonly amr: readonly string[];
}

export interface Resource {
  readonly identifier: string;
  readonly scopes: ReadonlyMap<string, ResourceScope>;
  readonly tags: readonly string[];
}

export interface ResourceApp {
  readonly id: string;
  readonly key: string;
  readonly issuer: string;
  readonly aliases: readonly string[];
  readonly signingAlgorithm: SignatureAlgorithm;
  readonly subject: 'public' | 'pairwise';
  readonly tenantClaim?: string;
  readonly tags: readonly string[];
  readonly state: 'active' | 'disabled';
  readonly resources: ReadonlyMap<string, Resource>;
}

/** What policy needs to know of a client app. */
export interface PolicyClient {
  readonly clientAppId: string;
  readonly tags: readonly string[];
  readonly state: 'active' | 'blocked';
}

/**
 * The administrator's link from a client app to a resource app, and the ceiling of all that may pass over it.
 *
 * `scopes` maps each scope of the ceiling to the version that was approved.
 */
export interface Connection {
  readonly id: string;
  /** `client/resourceApp`. */
  readonly key: string;
  readonly clientAppId: string;
  readonly resourceAppId: string;
  readonly resourceClientId: string;
  readonly resources: readonly string[];
  readonly defaultResource?: string;
  readonly scopes: ReadonlyMap<string, number>;
  readonly defaultScopes: readonly string[];
  readonly state: ConnectionState;
  readonly accountLink: AccountLink;
  readonly lifetimeSeconds: number;
  readonly dpopRequired: boolean;
  readonly expiresAt?: number;
}

export interface NetworkCondition {
  readonly in?: readonly string[];
  readonly notIn?: readonly string[];
}

export interface TimeCondition {
  /** `mon` … `sun`. */
  readonly days?: readonly string[];
  /** `HH:MM`, inclusive. */
  readonly from?: string;
  /** `HH:MM`, exclusive; before `from` the window passes midnight. */
  readonly to?: string;
  /** IANA name; UTC when absent. */
  readonly timeZone?: string;
}

/** All named conditions must hold. A name not listed here counts as unknown, never as fulfilled. */
export interface RuleConditions {
  /** One of these authentication context classes. */
  readonly acr?: readonly string[];
  /** All of these authentication methods. */
  readonly amr?: readonly string[];
  /** Seconds since the person authenticated. */
  readonly maxAge?: number;
  /** The person's address, as recorded at sign-on. */
  readonly network?: NetworkCondition;
  /** The address of the server that calls the token endpoint. */
  readonly callerNetwork?: NetworkCondition;
  readonly time?: TimeCondition;
}

export interface Rule {
  readonly id: string;
  readonly effect: 'allow' | 'deny';
  /** Absent: active. */
  readonly state?: 'active' | 'disabled';
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly everyone: boolean;
  /** Connection ids. Undefined together with `tags`: every connection. */
  readonly connections?: readonly string[];
  readonly tags?: {
    readonly clients?: readonly string[];
    readonly resourceApps?: readonly string[];
    readonly resources?: readonly string[];
  };
  readonly scopes?: readonly string[];
  readonly risks?: readonly ScopeRisk[];
  readonly conditions?: RuleConditions;
}

/** The plain data a decision is made from. An undefined member is an unknown fact. */
export interface Facts {
  readonly clientAppId: string;
  readonly resourceAppId: string;
  readonly nowMs: number;
  /** Empty: the request named none. */
  readonly resources: readonly string[];
  readonly scopes?: readonly string[];
  readonly userId?: string;
  readonly groups?: readonly string[];
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Seconds. */
  readonly authTime?: number;
  readonly address?: string;
  readonly callerAddress?: string;
}
