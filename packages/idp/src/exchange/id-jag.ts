import type { KeyRing } from '@crossgrant/platform';
import { buildIdJagClaims, newJti, ok, type Result, refuse, typs } from '@crossgrant/protocol';
import { type DpopProof, signJws } from '@crossgrant/protocol/jws';
import type { Allowed } from '../domain/policy/decision.ts';
import type { Connection, ResourceApp } from '../domain/policy/model.ts';
import type { TenantState } from '../snapshot/live-state.ts';
import type { IssuePermit } from './may-issue.ts';

export interface IdJagOrder {
  readonly permit: IssuePermit;
  readonly allowed: Allowed;
  readonly connection: Connection;
  readonly resourceApp: ResourceApp;
  readonly subject: string;
  readonly tenant: TenantState;
  readonly nowSeconds: number;
  readonly proof: DpopProof | undefined;
}

export interface SignedIdJag {
  readonly jti: string;
  readonly idJag: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * Signs what policy allowed, and nothing of what was only requested. The ID-JAG ends with its session and its connection
 * at the latest.
 *
 * ID-JAG-04 §3.1, §4.3.3.
 */
export function signIdJag(keyRing: KeyRing, order: IdJagOrder): Result<SignedIdJag> {
  const { permit, allowed, connection, resourceApp, nowSeconds } = order;
  const notAfter = Math.min(permit.notAfter, Math.floor((connection.expiresAt ?? Infinity) / 1000));
  const lifetimeSeconds = Math.min(allowed.lifetimeSeconds, notAfter - nowSeconds); // LES-21
  if (lifetimeSeconds < 1) return refuse('subject-token/session-ended', { because: 'no time left' }); // LES-21

  const jti = newJti(nowSeconds * 1000);
  const claims = buildIdJagClaims({
    issuer: order.tenant.issuer,
    subject: order.subject,
    audience: resourceApp.issuer,
    resourceClientId: connection.resourceClientId,
    jti,
    issuedAt: nowSeconds,
    lifetimeSeconds,
    resources: allowed.resources,
    scope: allowed.scopes,
    authTime: permit.authTime, // IDJ-13
    acr: permit.acr, // IDJ-13
    amr: permit.amr, // IDJ-13
    sessionExpiry: permit.notAfter, // LES-21
    tenant: resourceApp.tenantClaim, // IDJ-15
    ...emailClaims(permit, connection),
    provenKey: order.proof?.jkt, // IDJ-19, DPO-02
  });
  const idJag = signJws(keyRing.signingKey(resourceApp.signingAlgorithm), typs.idJag, claims); // IDJ-01, IDJ-21
  return ok({ jti, idJag, issuedAt: nowSeconds, expiresAt: nowSeconds + lifetimeSeconds });
}

function emailClaims({ person }: IssuePermit, connection: Connection): { email?: string; emailVerified?: boolean } {
  if (connection.accountLink !== 'email') return {}; // IDJ-14, ATK-63
  return { email: person.email, emailVerified: person.email === undefined ? undefined : person.emailVerified };
}
