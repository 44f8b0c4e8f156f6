import { trailingSlashAlias } from '@crossgrant/protocol';
import type { ResourceApp } from '../domain/policy/model.ts';

/**
 * Finds the resource app an `audience` names: by its registered issuer, by an alias, or by the other spelling of an
 * origin-only issuer. A text that two resource apps claim names neither; a registered issuer wins over any alias.
 */
export function indexAudiences(apps: Iterable<ResourceApp>): ReadonlyMap<string, ResourceApp> {
  const list = [...apps];
  const found = new Map<string, ResourceApp | undefined>();

  for (const app of list) {
    const slash = trailingSlashAlias(app.issuer);
    const names = new Set(slash === undefined ? app.aliases : [...app.aliases, slash]); // TEX-13
    for (const name of names) found.set(name, found.has(name) ? undefined : app);
  }
  for (const app of list) found.set(app.issuer, app);
  return new Map(
    [...found].flatMap(([name, app]): [string, ResourceApp][] => (app === undefined ? [] : [[name, app]])),
  );
}
