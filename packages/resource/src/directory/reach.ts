import { isSignOnEnough, type ScopeSet, type SignOnFacts } from '@crossgrant/protocol';
import type { GovernedResource, ResourceClient, ResourceDirectory, TrustedIssuer } from './resource-directory.ts';

/** Whether this issuer may vouch for the client, and the client works for the customer. ID-JAG-04 §4.4.1. */
export function mayVouchFor({ clients }: TrustedIssuer, { clientId, document }: ResourceClient): boolean {
  if (clients === 'vouched') return true;
  if (document === 'unapproved') return false;
  return clients === 'any' || clients.includes(clientId);
}

export function worksFor(client: ResourceClient, customerId: string): boolean {
  return client.customerIds === undefined || client.customerIds.includes(customerId);
}

/** The resource, where it is governed here and open to this issuer. */
export function openResource(
  identifier: string,
  trusted: TrustedIssuer,
  directory: ResourceDirectory,
): GovernedResource | undefined {
  const resource = directory.resource(identifier);
  if (resource === undefined || trusted.resources === undefined) return resource;
  return trusted.resources.some((open) => directory.resource(open) === resource) ? resource : undefined; // RED-16
}

/** The customer of the people whom the issuer places in this tenant; a single-tenant issuer has one, whatever the tenant. */
export function customerOf(trusted: TrustedIssuer, tenant: string | undefined): string | undefined {
  if (trusted.tenant.mode === 'single') return trusted.customerId;
  const { map } = trusted.tenant;
  return tenant !== undefined && Object.hasOwn(map, tenant) ? map[tenant] : undefined; // SUB-03
}

/** Further customers belong to single-tenant issuers alone. */
export function mayActIn(trusted: TrustedIssuer, customerId: string): boolean {
  return trusted.tenant.mode === 'single' && trusted.audTenants.includes(customerId);
}

/** The scopes whose demand a sign-on met at an instant. */
export function scopesWithin(
  signOn: SignOnFacts,
  scopes: ScopeSet,
  { signOnByScope = {} }: GovernedResource,
  nowSeconds: number,
): ScopeSet {
  return scopes.filter((scope) => {
    const needs = Object.hasOwn(signOnByScope, scope) ? signOnByScope[scope] : undefined;
    return needs === undefined || isSignOnEnough(signOn, needs, nowSeconds); // STP-06
  });
}
