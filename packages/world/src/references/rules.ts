import type { World } from '../schema/world.ts';
import { each, type Report, unique } from './report.ts';

export function checkRules(world: World, report: Report): void {
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
    if (idp.people.length > 0)
      each(
        rule.groups,
        [...path, 'groups'],
        idp.people.flatMap((person) => person.groups),
        'nobody in idp.people is in',
        report,
      );
  }
}

function tagsOf(carriers: readonly { readonly tags: readonly string[] }[]): readonly string[] {
  return carriers.flatMap(({ tags }) => tags);
}
