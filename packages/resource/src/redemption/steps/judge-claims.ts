import {
  checkAudience,
  checkClient,
  checkTenantShape,
  checkTime,
  checkTypes,
  type IdJagClaims,
  ok,
  type Result,
  refuse,
  type VerifiedJws,
} from '@crossgrant/protocol';
import { customerOf, mayActIn, mayVouchFor, worksFor } from '../../directory/reach.ts';
import type { ResourceClient, TrustedIssuer } from '../../directory/resource-directory.ts';
import type { Received } from '../context.ts';
import { passed } from '../step.ts';

interface Judged {
  readonly claims: IdJagClaims;
  readonly trusted: TrustedIssuer;
}

/** Where the person belongs: the IdP's tenant (empty without one) and the customer here. */
export interface Belonging {
  readonly tenant: string;
  readonly customerId: string;
}

export function readClaims({ verified }: { verified: VerifiedJws }): Result<{ claims: IdJagClaims }> {
  const claims = checkTypes(verified);
  return claims.ok ? ok({ claims: claims.value }) : claims;
}

export function judgeTime({ claims, trusted, nowSeconds }: Judged & Pick<Received, 'nowSeconds'>): Result<object> {
  const { skewSeconds, lifetimeCapSeconds } = trusted;
  const time = checkTime(claims, { nowSeconds, skewSeconds, lifetimeCapSeconds });
  if (!time.ok) return time; // RED-11
  return passed;
}

export function judgeAudience({ claims, trusted }: Judged, { issuer }: { issuer: string }): Result<object> {
  const audience = checkAudience(claims, issuer, { toleratesTrailingSlash: trusted.toleratesTrailingSlash });
  if (!audience.ok) return audience; // RED-12
  return passed;
}

/**
 * Finds the customer the person belongs to, from the trust entry and the tenant together.
 *
 * `aud_tenant` only chooses among customers in which this issuer may act anyway; alone it selects nothing.
 *
 * ID-JAG-04 §3.1, §6.
 */
export function findCustomer({ claims, trusted }: Judged): Result<Belonging> {
  const tenant = checkTenantShape(claims, trusted.tenant);
  if (!tenant.ok) return tenant; // RED-13
  const own = customerOf(trusted, tenant.value); // SUB-03
  if (own === undefined) return refuse('assertion/tenant-unknown', { tenant: tenant.value }); // RED-13, SUB-03

  const customerId = claims.audTenant ?? own;
  if (customerId !== own && !mayActIn(trusted, customerId))
    return refuse('assertion/audience-tenant', { audTenant: customerId }); // RED-13, SUB-05, ATK-23
  return ok({ tenant: tenant.value ?? '', customerId });
}

/** The client of the claim is the client of this request, vouched for by this issuer, working for this customer. */
export function judgeClient({
  claims,
  trusted,
  client,
  customerId,
}: Judged & Pick<Belonging, 'customerId'> & { client: ResourceClient }): Result<object> {
  const same = checkClient(claims, client.clientId);
  if (!same.ok) return same; // RED-14, ATK-13
  if (!mayVouchFor(trusted, client)) return refuse('assertion/client-not-vouched'); // RED-14, SUB-01
  if (!worksFor(client, customerId)) return refuse('assertion/client-not-vouched', { customerId }); // SUB-06
  return passed;
}
