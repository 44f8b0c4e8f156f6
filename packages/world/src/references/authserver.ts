import { looksLikeMetadataUrl } from '@crossgrant/protocol';
import { importJwks } from '@crossgrant/protocol/jws';
import type { Path } from '../read-yaml.ts';
import type { World } from '../schema/world.ts';
import { each, known, type Report, unique } from './report.ts';

export function checkAuthServer(world: World, report: Report): void {
  const { authserver } = world;
  if (authserver === undefined) return;
  const customers = authserver.customers.map((customer) => customer.id);
  const clients = authserver.clients.map((client) => client.id);
  const resources = authserver.resources.map((resource) => resource.identifier);
  unique(customers, (index) => ['authserver', 'customers', index, 'id'], 'this id is given twice.', report);
  unique(clients, (index) => ['authserver', 'clients', index, 'id'], 'this id is given twice.', report);
  unique(
    resources,
    (index) => ['authserver', 'resources', index, 'identifier'],
    'this identifier is given twice.',
    report,
  );
  unique(
    authserver.trustedIssuers.map((entry) => entry.issuer),
    (index) => ['authserver', 'trustedIssuers', index, 'issuer'],
    'this issuer is given twice.',
    report,
  );
  for (const [index, account] of authserver.accounts.entries())
    known(account.customer, customers, ['authserver', 'accounts', index, 'customer'], 'no customer', report);
  for (const [index, client] of authserver.clients.entries()) {
    if (looksLikeMetadataUrl(client.id) && authserver.clientMetadataDocuments === undefined)
      report(['authserver', 'clients', index, 'id'], 'is a URL, and authserver.clientMetadataDocuments is not set.');
    if (client.customer !== undefined)
      known(client.customer, customers, ['authserver', 'clients', index, 'customer'], 'no customer', report);
  }
  for (const [index, resource] of authserver.resources.entries()) {
    if (resource.accessTokens === 'opaque' && resource.introspectionSecret === undefined)
      report(
        ['authserver', 'resources', index, 'introspectionSecret'],
        'is missing: only introspection can read opaque access tokens.',
      );
    for (const [tool, scope] of Object.entries(resource.tools))
      known(
        scope,
        resource.scopes,
        ['authserver', 'resources', index, 'tools', tool],
        'this resource has no scope',
        report,
      );
  }
  for (const [index, { scopes, signOnByScope = {} }] of authserver.resources.entries()) {
    for (const scope of Object.keys(signOnByScope))
      known(scope, scopes, ['authserver', 'resources', index, 'signOnByScope'], 'this resource has no scope', report);
  }
  for (const [index, trusted] of authserver.trustedIssuers.entries()) {
    const path = ['authserver', 'trustedIssuers', index];
    checkKeysOf(trusted, [...path, 'keys'], report);
    if (typeof trusted.linking === 'object' && trusted.linking.email && trusted.linking.verifiedDomains.length === 0)
      report(
        [...path, 'linking', 'verifiedDomains'],
        'is missing: linking by e-mail needs the domains of this issuer.',
      );
    if (trusted.tenant !== undefined && 'map' in trusted.tenant) {
      for (const [tenant, customer] of Object.entries(trusted.tenant.map))
        known(customer, customers, [...path, 'tenant', 'map', tenant], 'no customer', report);
    } else known(trusted.customer, customers, [...path, 'customer'], 'no customer', report);
    if (typeof trusted.clients !== 'string')
      each(
        trusted.clients,
        [...path, 'clients'],
        [...clients, ...trusted.clients.filter(looksLikeMetadataUrl)],
        'no client',
        report,
      );
    if (trusted.clients === 'vouched' && authserver.clientMetadataDocuments === undefined)
      report([...path, 'clients'], 'vouched needs authserver.clientMetadataDocuments.');
    each(trusted.audTenants, [...path, 'audTenants'], customers, 'no customer', report);
    each(trusted.resources, [...path, 'resources'], resources, 'no resource', report);
    if (trusted.defaultResource !== undefined)
      known(trusted.defaultResource, resources, [...path, 'defaultResource'], 'no resource', report);
  }
}

/** Pinned keys of which none counts would refuse every ID-JAG. */
function checkKeysOf({ keys, algorithms }: TrustedIssuer, path: Path, report: Report): void {
  if (typeof keys !== 'object' || !('jwks' in keys)) return;
  const imported = importJwks(keys.jwks);
  if (imported.keys.length === 0)
    report([...path, 'jwks'], `holds no usable key. ${imported.problems.join('. ')}.`.replace(/\.\.$/, '.'));
  else if (!imported.keys.some((key) => key.algorithms.some((one) => algorithms.includes(one))))
    report([...path, 'jwks'], `holds no key for ${algorithms.join(', ')}.`);
}

type TrustedIssuer = NonNullable<World['authserver']>['trustedIssuers'][number];
