import type { IdentitySchema } from '@crossgrant/identity';
import type { Database } from '@crossgrant/platform';
import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';

/** Everything one IdP database holds beside the core tables. */
export type IdpSchema = IdentitySchema & PolicySchema;

export type IdpDatabase = Database<IdpSchema>;

/** Times are milliseconds since the epoch unless the name ends in `_seconds`; truth values are 0 or 1; lists and maps are JSON. */
export interface PolicySchema {
  resource_apps: ResourceAppRow;
  resources: ResourceRow;
  connections: ConnectionRow;
  rules: RuleRow;
  tenant_policy: TenantPolicyRow;
  subjects: SubjectRow;
  issuances: IssuanceRow;
  admin_tokens: AdminTokenRow;
}

/**
 * Fingerprint of the configuration a row was last written from. What did not change there leaves later changes by an admin
 * alone; a state is compared by itself, with the one that was stated last.
 */
export type Applied = string | null;

export interface ResourceAppRow {
  id: string;
  tenant_id: string;
  key: string;
  name: string | null;
  issuer: string;
  aliases: string;
  signing_algorithm: SignatureAlgorithm;
  subject_mode: 'public' | 'pairwise';
  tenant_claim: string | null;
  tags: string;
  state: 'active' | 'disabled';
  stated_state: 'active' | 'disabled' | null;
  applied: Applied;
  created_at: number;
  version: number;
}

/** A resource belongs to the resource app that governs it: the pair is what an audience and a resource are checked against. */
export interface ResourceRow {
  tenant_id: string;
  resource_app_id: string;
  identifier: string;
  name: string | null;
  /** Scope to `{ risk, version, description? }`. */
  scopes: string;
  tags: string;
  applied: Applied;
  created_at: number;
  version: number;
}

export interface ConnectionRow {
  id: string;
  tenant_id: string;
  key: string;
  client_app_id: string;
  resource_app_id: string;
  resource_client_id: string;
  resources: string;
  default_resource: string | null;
  /** Scope to the version that was approved. */
  scopes: string;
  default_scopes: string;
  state: 'pending' | 'approved' | 'blocked';
  stated_state: 'pending' | 'approved' | 'blocked' | null;
  account_link: 'sub' | 'email';
  lifetime_seconds: number;
  dpop_required: number;
  owner: string | null;
  reason: string | null;
  review_at: number | null;
  expires_at: number | null;
  applied: Applied;
  created_at: number;
  version: number;
}

export interface RuleRow {
  id: string;
  tenant_id: string;
  key: string;
  effect: 'allow' | 'deny';
  state: 'active' | 'disabled';
  /** Who, where, which scopes and under which conditions; user and connection ids. */
  definition: string;
  applied: Applied;
  created_at: number;
  version: number;
}

/** Switches that concern a tenant as a whole. */
export interface TenantPolicyRow {
  tenant_id: string;
  state: 'active' | 'disabled';
  /** Nothing authenticated before this instant counts, for anybody. */
  revoked_before: number | null;
  version: number;
}

/** The subject of one person at one resource app. Written once, never changed, never given to another person. */
export interface SubjectRow {
  tenant_id: string;
  user_id: string;
  resource_app_id: string;
  subject: string;
  created_at: number;
  version: number;
}

/** That an ID-JAG was issued; never the ID-JAG. */
export interface IssuanceRow {
  jti: string;
  tenant_id: string;
  decision_id: string;
  user_id: string;
  client_app_id: string;
  resource_app_id: string;
  connection_id: string;
  audience: string;
  subject: string;
  resource_client_id: string;
  resources: string;
  scopes: string;
  sid: string;
  auth_time_seconds: number;
  issued_at: number;
  expires_at: number;
  version: number;
}

/** What an admin token stands for; never the token. */
export interface AdminTokenRow {
  id: string;
  tenant_id: string;
  /** SHA-256 of the token. */
  hash: string;
  name: string;
  role: string;
  /** Ids of the apps an app owner is limited to, as JSON. */
  client_apps: string;
  resource_apps: string;
  created_at: number;
  expires_at: number;
  revoked_at: number | null;
  last_used_at: number | null;
}
