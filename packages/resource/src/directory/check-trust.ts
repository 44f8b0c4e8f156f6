import { Misuse } from '@crossgrant/platform';
import { isScopeToken } from '@crossgrant/protocol';
import type { ResourceDirectory, TrustedIssuer } from './resource-directory.ts';

/**
 * Refuses a configuration in which one trust entry could speak for another, or for nobody.
 *
 * Two entries whose keys come from one place are one signer: unless each is tied to tenants of its own, a token made for
 * the people of one would pass for the people of the other. A disabled entry vouches for nobody and stands in nobody's way.
 *
 * ID-JAG-04 §4.1, §6, §9.3.
 */
export function checkTrust(self: string, issuers: readonly TrustedIssuer[], directory: ResourceDirectory): void {
  const seen = new Map<string, TrustedIssuer>();
  const names = new Set<string>();

  for (const trusted of issuers) {
    if (names.has(trusted.issuer)) throw misuse('twin', trusted, 'is listed twice; one entry per issuer');
    if (trusted.issuer === self)
      throw misuse('self', trusted, 'is this server itself, which does not redeem what it could sign'); // RED-08
    names.add(trusted.issuer);
    checkReferences(trusted, directory);

    if (trusted.state !== 'active') continue;
    for (const source of trusted.keySources) {
      const other = seen.get(source);
      if (other !== undefined && !areTiedToTenants(trusted, other)) throw sharedKeys(trusted, other, source); // LES-37
      seen.set(source, trusted);
    }
  }
}

function checkReferences(trusted: TrustedIssuer, directory: ResourceDirectory): void {
  const named = typeof trusted.clients === 'string' ? undefined : trusted.clients;
  if (named?.length === 0)
    throw misuse('no-client', trusted, "names no client that may redeem; list client ids, or 'any'"); // SUB-01
  for (const clientId of named ?? []) {
    const document = directory.client(clientId)?.document;
    if (directory.client(clientId) === undefined || document === 'unapproved')
      throw misuse('unknown-client', trusted, `names the client ${clientId}, which is not registered`);
  }
  for (const customerId of customersOf(trusted)) {
    if (directory.customer(customerId) === undefined)
      throw misuse('unknown-customer', trusted, `names the customer ${customerId}, which does not exist`);
  }
  for (const identifier of [
    ...(trusted.resources ?? []),
    ...(trusted.defaultResource === undefined ? [] : [trusted.defaultResource]),
  ]) {
    if (directory.resource(identifier) === undefined)
      throw misuse('unknown-resource', trusted, `names the resource ${identifier}, which is not governed here`);
  }
  for (const scope of trusted.defaultScopes ?? []) {
    if (!isScopeToken(scope))
      throw misuse('scope', trusted, `has the default scope ${JSON.stringify(scope)}, which is no scope token`);
  }
  if (trusted.audTenants.length > 0 && trusted.tenant.mode === 'multi')
    throw misuse('audience-tenants', trusted, 'has a tenant map and audTenants; the map alone says who may act where'); // SUB-05
}

function customersOf(trusted: TrustedIssuer): readonly string[] {
  return trusted.tenant.mode === 'multi'
    ? Object.values(trusted.tenant.map)
    : [trusted.customerId, ...trusted.audTenants];
}

function areTiedToTenants(first: TrustedIssuer, second: TrustedIssuer): boolean {
  return isTiedToTenants(first) && isTiedToTenants(second);
}

function isTiedToTenants({ tenant }: TrustedIssuer): boolean {
  return tenant.mode === 'multi' || tenant.pin !== undefined;
}

function sharedKeys(trusted: TrustedIssuer, other: TrustedIssuer, source: string): Misuse {
  const problem = `has the keys of ${other.issuer} (${source}); give both a tenant pin or a tenant map, or disable one`;
  return misuse('shared-keys', trusted, problem);
}

function misuse(code: string, trusted: TrustedIssuer, problem: string): Misuse {
  return new Misuse(`trusted-issuer/${code}`, `The trusted issuer ${trusted.issuer} ${problem}.`);
}
