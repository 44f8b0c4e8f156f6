import { formatScope, type ScopeSet } from './scope.ts';

/** Everything the identity provider decided about one ID-JAG. Times are seconds since the epoch. */
export interface IdJagInput {
  readonly issuer: string;
  readonly subject: string;
  /** The registered issuer of the resource authorization server, never the alias a client sent. */
  readonly audience: string;
  readonly resourceClientId: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
  readonly resources: readonly string[];
  readonly scope: ScopeSet;
  readonly authTime?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly sessionExpiry?: number;
  readonly tenant?: string;
  readonly audTenant?: string;
  readonly audSub?: string;
  /** Only where the connection links accounts by e-mail. */
  readonly email?: string;
  readonly emailVerified?: boolean;
  /** The thumbprint of the key that the client proved with the request; without a proof there is no binding. */
  readonly provenKey?: string;
}

/** The payload as it is signed. */
export interface IdJagPayload {
  readonly jti: string;
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly resource?: string | readonly string[];
  readonly scope?: string;
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly session_expiry?: number;
  readonly tenant?: string;
  readonly aud_tenant?: string;
  readonly aud_sub?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly cnf?: { readonly jkt: string };
}

/**
 * The claims of an ID-JAG: one audience as a string, one resource as a string where there is one, the granted scope as
 * one string. Members without a value are left out by serialisation.
 *
 * ID-JAG-04 §3.1.
 */
export function buildIdJagClaims(input: IdJagInput): IdJagPayload {
  return {
    jti: input.jti, // IDJ-07
    iss: input.issuer, // IDJ-02
    sub: input.subject, // IDJ-05
    aud: input.audience, // IDJ-03
    client_id: input.resourceClientId, // IDJ-04
    iat: input.issuedAt, // IDJ-08
    exp: input.issuedAt + input.lifetimeSeconds, // IDJ-08
    resource: formatResources(input.resources), // IDJ-10
    scope: input.scope.length === 0 ? undefined : formatScope(input.scope), // IDJ-11
    auth_time: input.authTime, // IDJ-13
    acr: input.acr, // IDJ-13
    amr: input.amr, // IDJ-13
    session_expiry: input.sessionExpiry,
    tenant: input.tenant, // IDJ-15
    aud_tenant: input.audTenant, // IDJ-16
    aud_sub: input.audSub, // IDJ-14
    email: input.email, // IDJ-14
    email_verified: input.email === undefined ? undefined : input.emailVerified, // IDJ-14
    cnf: input.provenKey === undefined ? undefined : { jkt: input.provenKey }, // IDJ-19, DPO-02
  };
}

function formatResources(resources: readonly string[]): string | readonly string[] | undefined {
  if (resources.length === 0) return undefined;
  return resources.length === 1 ? resources[0] : resources;
}
