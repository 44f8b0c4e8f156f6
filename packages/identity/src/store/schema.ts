/** Times are milliseconds since the epoch unless the name ends in `_seconds`; truth values are 0 or 1; lists are JSON. */
export interface IdentitySchema {
  tenants: TenantRow;
  users: UserRow;
  login_identifiers: LoginIdentifierRow;
  groups: GroupRow;
  group_members: GroupMemberRow;
  sessions: SessionRow;
  client_apps: ClientAppRow;
  client_secrets: ClientSecretRow;
  oidc_artifacts: OidcArtifactRow;
}

/** A company at the IdP. Its id is also the scope of its revocation epoch and of its audit rows. */
export interface TenantRow {
  id: string;
  issuer: string;
  name: string;
  created_at: number;
  version: number;
}

export interface UserRow {
  /** Also the subject of the person's ID tokens; never reassigned. */
  id: string;
  tenant_id: string;
  username: string;
  email: string | null;
  email_verified: number;
  name: string | null;
  state: 'active' | 'disabled';
  /** What the configuration last asked for. */
  stated_state: 'active' | 'disabled' | null;
  password_hash: string | null;
  /** Nothing authenticated before this instant counts. */
  revoked_before: number | null;
  /** Wrong tries in a row, over every way to sign on. Not part of any snapshot. */
  failed_sign_ons: number;
  locked_until: number | null;
  created_at: number;
  version: number;
}

/** Every name a person can type, in one namespace per tenant: resolving a name and counting tries meet in one account. */
export interface LoginIdentifierRow {
  tenant_id: string;
  identifier: string;
  kind: 'username' | 'email';
  user_id: string;
}

export interface GroupRow {
  id: string;
  tenant_id: string;
  name: string;
  created_at: number;
  version: number;
}

export interface GroupMemberRow {
  tenant_id: string;
  group_id: string;
  user_id: string;
  version: number;
}

/** One client app in one signed-in browser. `sid` is what the client sees; `browser_session` joins the rows of one browser. */
export interface SessionRow {
  tenant_id: string;
  sid: string;
  browser_session: string;
  client_id: string;
  user_id: string;
  auth_time_seconds: number;
  acr: string | null;
  amr: string;
  address: string | null;
  created_at: number;
  expires_at: number;
  ended_at: number | null;
  version: number;
}

export interface ClientAppRow {
  id: string;
  tenant_id: string;
  client_id: string;
  name: string;
  redirect_uris: string;
  post_logout_redirect_uris: string;
  grant_types: string;
  token_endpoint_auth_methods: string;
  jwks: string | null;
  jwks_uri: string | null;
  token_endpoint_audience: number;
  id_token_algorithm: string;
  refresh_tokens: number;
  dpop_required: number;
  /** A confidential client whose refresh tokens are replaced at each renewal; those of public clients always are. */
  refresh_token_rotation: number;
  tags: string;
  state: 'active' | 'blocked';
  /** What the configuration last asked for. */
  stated_state: 'active' | 'blocked' | null;
  created_at: number;
  version: number;
}

export interface ClientSecretRow {
  tenant_id: string;
  client_app_id: string;
  /** HMAC-SHA-256 of the secret, never the secret. */
  mac: string;
  created_at: number;
  expires_at: number | null;
}

/** What oidc-provider stores. The kind is part of the key, and the id is an HMAC of the credential. */
export interface OidcArtifactRow {
  kind: string;
  tenant_id: string;
  id: string;
  /** The grant an artefact belongs to; of a grant itself, its own id. */
  grant_id: string | null;
  /** The session of a code or a token. */
  sid: string | null;
  uid: string | null;
  user_code: string | null;
  payload: string;
  created_at: number;
  expires_at: number | null;
  consumed_at: number | null;
  revoked_at: number | null;
}
