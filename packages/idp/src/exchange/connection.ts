import type { ClientApp } from '@crossgrant/identity';
import {
  normalizeResource,
  ok,
  type ResourceIdentifier,
  type Result,
  refuse,
  sameResource,
  trailingSlashAlias,
} from '@crossgrant/protocol';
import type { Connection, ResourceApp } from '../domain/policy/model.ts';
import type { LiveState } from '../snapshot/live-state.ts';

/**
 * Finds the resource app that `audience` names and the connection that leads to it. A resource app this client has no
 * connection to is refused like one that does not exist, so that nobody learns whom the company deals with.
 *
 * ID-JAG-04 §4.3, §5, §9.3.
 */
export function findConnection(
  live: LiveState,
  client: ClientApp,
  audience: string,
): Result<{ resourceApp: ResourceApp; connection: Connection }> {
  const resourceApp = live.resourceApp(audience);
  if (resourceApp === undefined) return refuse('exchange/audience-unknown'); // TEX-13, ATK-53
  if (isSelf(resourceApp.issuer, live.tenant.issuer)) return refuse('exchange/audience-self'); // TEX-23, ATK-38
  const connection = live.policy.connection(client.id, resourceApp.id);
  if (connection === undefined) return refuse('exchange/no-connection'); // CID-01, ATK-53
  if (connection.resourceClientId === '') return refuse('exchange/client-unmapped'); // CID-01, CID-02
  return ok({ resourceApp, connection });
}

/** The registered spelling of each requested resource; one that is registered nowhere stays as it is, for policy to refuse. */
export function registeredResources(app: ResourceApp, requested: readonly ResourceIdentifier[]): readonly string[] {
  const registered = requested.map((identifier) => {
    if (app.resources.has(identifier)) {
      return identifier;
    }
    return [...app.resources.keys()].find((known) => sameResource(known, identifier)) ?? normalizeResource(identifier); // ATK-30
  });
  return [...new Set(registered)];
}

function isSelf(audience: string, issuer: string): boolean {
  if (audience === issuer) return true;
  const isNear = audience === `${issuer}/` || issuer === `${audience}/`;
  return isNear && audience === trailingSlashAlias(issuer);
}
