import { looksLikeMetadataUrl } from '@crossgrant/protocol';
import type { World } from '../schema/world.ts';
import { each, known, type Report, unique } from './report.ts';

export function checkPolicy(world: World, report: Report): void {
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
  for (const [index, app] of policy.clientApps.entries()) {
    if (looksLikeMetadataUrl(app.id) && world.idp?.clientMetadataDocuments === false)
      report(['policy', 'clientApps', index, 'id'], 'is a URL, and idp.clientMetadataDocuments is off.');
  }
  for (const [index, connection] of policy.connections.entries()) {
    const path = ['policy', 'connections', index];
    if (connection.resourceClientId === undefined && !looksLikeMetadataUrl(connection.client))
      report(
        [...path, 'resourceClientId'],
        'is missing: only a client with a metadata document has one id everywhere.',
      );
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
    if (
      policy.clientApps.find(({ id }) => id === connection.client)?.auth?.method.every((one) => one === 'none') === true
    )
      report(
        [...path, 'client'],
        `${JSON.stringify(connection.client)} is a public client (method none), and none gets an ID-JAG. Give it a secret.`,
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
