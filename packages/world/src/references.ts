import { didYouMean } from './mistakes.ts';
import type { Mistake, Path } from './read-yaml.ts';
import type { World } from './schema/world.ts';

/** What one section of a file says about another: names that must exist, and keys that must be unique. */
export function checkReferences(world: World): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const report = (path: Path, sentence: string): void => void mistakes.push({ path, sentence });
  checkPeople(world, report);
  checkPolicy(world, report);
  checkRules(world, report);
  checkAuthServer(world, report);
  checkParties(world, report);
  return mistakes;
}

type Report = (path: Path, sentence: string) => void;

function checkPeople(world: World, report: Report): void {
  const { idp } = world;
  if (idp === undefined) return;
  unique(
    idp.people.map((person) => person.username.toLowerCase()),
    (index) => ['idp', 'people', index, 'username'],
    'this username is given twice.',
    report,
  );
}

function checkPolicy(world: World, report: Report): void {
  const { policy } = world;
  if (policy === undefined) return;
  unique(
    policy.clientApps.map((app) => app.id),
    (index) => ['policy', 'clientApps', index, 'id'],
    'this id is given twice.',
    report,
  );
  unique(
    policy.resourceApps.map((app) => app.id),
    (index) => ['policy', 'resourceApps', index, 'id'],
    'this id is given twice.',
    report,
  );
  unique(
    policy.resourceApps.map((app) => app.issuer),
    (index) => ['policy', 'resourceApps', index, 'issuer'],
    'another resource app has this issuer.',
    report,
  );
  unique(
    policy.connections.map((entry) => `${entry.client}/${entry.resourceApp}`),
    (index) => ['policy', 'connections', index],
    'this client app and resource app are connected twice.',
    report,
  );
  for (const [index, connection] of policy.connections.entries()) {
    const path = ['policy', 'connections', index];
    known(
      connection.client,
      policy.clientApps.map((app) => app.id),
      [...path, 'client'],
      'no client app',
      report,
    );
    known(
      connection.resourceApp,
      policy.resourceApps.map((app) => app.id),
      [...path, 'resourceApp'],
      'no resource app',
      report,
    );
    const app = policy.resourceApps.find((candidate) => candidate.id === connection.resourceApp);
    if (app === undefined) continue;
    each(
      connection.resources,
      [...path, 'resources'],
      app.resources.map((resource) => resource.identifier),
      `${app.id} has no resource`,
      report,
    );
    if (connection.defaultResource !== undefined)
      known(
        connection.defaultResource,
        app.resources.map((resource) => resource.identifier),
        [...path, 'defaultResource'],
        `${app.id} has no resource`,
        report,
      );
    each(
      connection.defaultScopes,
      [...path, 'defaultScopes'],
      connection.scopes,
      'this connection has no scope',
      report,
    );
    each(
      connection.scopes,
      [...path, 'scopes'],
      app.resources.flatMap((resource) => Object.keys(resource.scopes)),
      `${app.id} has no scope`,
      report,
    );
  }
}

function checkRules(world: World, report: Report): void {
  const { policy, idp } = world;
  if (policy === undefined) return;
  const pairs = policy.connections.map((connection) => `${connection.client}/${connection.resourceApp}`);
  const scopes = policy.resourceApps.flatMap((app) =>
    app.resources.flatMap((resource) => Object.keys(resource.scopes)),
  );
  const resourceTags = policy.resourceApps.flatMap((app) => tagsOf(app.resources));
  unique(
    policy.rules.map((rule) => rule.id),
    (index) => ['policy', 'rules', index, 'id'],
    'this id is given twice.',
    report,
  );
  for (const [index, rule] of policy.rules.entries()) {
    const path = ['policy', 'rules', index];
    each(rule.connections, [...path, 'connections'], pairs, 'no connection', report);
    each(rule.scopes, [...path, 'scopes'], scopes, 'no scope', report);
    each(
      rule.tags?.clients,
      [...path, 'tags', 'clients'],
      tagsOf(policy.clientApps),
      'no client app with the tag',
      report,
    );
    each(
      rule.tags?.resourceApps,
      [...path, 'tags', 'resourceApps'],
      tagsOf(policy.resourceApps),
      'no resource app with the tag',
      report,
    );
    each(rule.tags?.resources, [...path, 'tags', 'resources'], resourceTags, 'no resource with the tag', report);
    if (idp === undefined) continue;
    each(
      rule.people,
      [...path, 'people'],
      idp.people.map((person) => person.username),
      'no person',
      report,
    );
  }
}

function tagsOf(carriers: readonly { readonly tags: readonly string[] }[]): readonly string[] {
  return carriers.flatMap(({ tags }) => tags);
}

function checkAuthServer(world: World, report: Report): void {
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
    if (client.customer !== undefined)
      known(client.customer, customers, ['authserver', 'clients', index, 'customer'], 'no customer', report);
  }
  for (const [index, resource] of authserver.resources.entries()) {
    for (const [tool, scope] of Object.entries(resource.tools))
      known(
        scope,
        resource.scopes,
        ['authserver', 'resources', index, 'tools', tool],
        'this resource has no scope',
        report,
      );
  }
  for (const [index, trusted] of authserver.trustedIssuers.entries()) {
    const path = ['authserver', 'trustedIssuers', index];
    if (trusted.tenant !== undefined && 'map' in trusted.tenant) {
      for (const [tenant, customer] of Object.entries(trusted.tenant.map))
        known(customer, customers, [...path, 'tenant', 'map', tenant], 'no customer', report);
    } else known(trusted.customer, customers, [...path, 'customer'], 'no customer', report);
    if (trusted.clients !== 'any') each(trusted.clients, [...path, 'clients'], clients, 'no client', report);
    each(trusted.audTenants, [...path, 'audTenants'], customers, 'no customer', report);
    each(trusted.resources, [...path, 'resources'], resources, 'no resource', report);
    if (trusted.defaultResource !== undefined)
      known(trusted.defaultResource, resources, [...path, 'defaultResource'], 'no resource', report);
  }
}

function checkParties(world: World, report: Report): void {
  const { idp, policy, authserver, mcpServer, sampleApp } = world;
  if (mcpServer !== undefined && authserver === undefined && mcpServer.authorizationServer === undefined) {
    report(['mcpServer', 'authorizationServer'], 'is missing: there is no authserver section to take it from.');
  }
  if (mcpServer !== undefined && authserver !== undefined && mcpServer.authorizationServer === undefined) {
    known(
      mcpServer.resource,
      authserver.resources.map((resource) => resource.identifier),
      ['mcpServer', 'resource'],
      'authserver.resources has no',
      report,
    );
  }
  if (sampleApp === undefined) return;
  if (policy !== undefined)
    known(
      sampleApp.client,
      policy.clientApps.map((app) => app.id),
      ['sampleApp', 'client'],
      'no client app',
      report,
    );
  else report(['sampleApp', 'client'], 'names a client app, but there is no policy section.');
  if (idp !== undefined)
    known(
      sampleApp.person,
      idp.people.map((person) => person.username),
      ['sampleApp', 'person'],
      'no person',
      report,
    );
  else if (sampleApp.idp === undefined)
    report(['sampleApp', 'idp'], 'is missing: there is no idp section to take it from.');
  if (authserver === undefined && sampleApp.atResourceServer === undefined)
    report(['sampleApp', 'atResourceServer'], 'is missing: there is no authserver section to take it from.');
  if (mcpServer === undefined && sampleApp.call.server === undefined)
    report(['sampleApp', 'call', 'server'], 'is missing: there is no mcpServer section to take it from.');
}

function known(name: string, names: readonly string[], path: Path, what: string, report: Report): void {
  if (names.includes(name)) return;
  const guess = didYouMean(name, names);
  report(path, `${what} ${JSON.stringify(name)}${guess === '' ? '.' : guess}`);
}

function each(
  names: readonly string[] | undefined,
  path: Path,
  all: readonly string[],
  what: string,
  report: Report,
): void {
  for (const [index, name] of (names ?? []).entries()) known(name, all, [...path, index], what, report);
}

function unique(keys: readonly string[], pathOf: (index: number) => Path, sentence: string, report: Report): void {
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (seen.has(key)) report(pathOf(index), sentence);
    seen.add(key);
  }
}
