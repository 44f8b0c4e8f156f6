import { grantTypes, normalizeResource, profiles, sameResource } from '@crossgrant/protocol';
import { isAllowedAddress } from '../address.ts';
import type { ClientDeps } from '../deps.ts';
import { CrossgrantError } from '../errors.ts';
import { withoutQuery } from '../oauth-error.ts';
import type { ResourceServerCredentials } from '../options.ts';
import { findAuthorizationServer } from './authorization-server.ts';
import { type ProtectedResource, readProtectedResource } from './protected-resource.ts';
import type { AuthorizationServer, Target } from './target.ts';

const keptForMs = 300_000;

/**
 * From the address of a resource to where its ID-JAG is redeemed. Nothing is sent to an authorization server that the
 * client holds no registration for, not even a request for metadata.
 *
 * MCP-EMA §4, §6; RFC 9728 §3; RFC 8414 §3.
 */
export async function discover(deps: ClientDeps, resource: string, pointedAt?: string): Promise<Target> {
  if (!isAllowedAddress(resource, deps.development)) throw refusedAddress(resource);
  const key = normalizeResource(resource);
  const known = deps.memory.targets.get(key);
  if (known !== undefined && deps.clock() < known.until) return known.target;

  const pointer = pointedAt ?? known?.pointedAt;
  const document = await readProtectedResource(deps, resource, pointer);
  const credentials = chooseCredentials(deps, document);
  requirePinnedIssuer(deps, document.resource, credentials);
  const server = await findAuthorizationServer(deps, credentials.issuer);
  requireIdJag(server, credentials);
  requirePinnedIssuer(deps, document.resource, credentials); // ATK-15

  const target: Target = {
    resource: document.resource, // MCP-16
    scopesSupported: document.scopesSupported,
    server,
    credentials,
  };
  deps.memory.pinnedIssuers.set(normalizeResource(target.resource), server.issuer);
  deps.memory.targets.set(key, { target, until: deps.clock() + keptForMs, pointedAt: pointer });
  return target;
}

/** Tells whether a resource was discovered before, however long ago. */
export function isKnownTarget(deps: ClientDeps, resource: string): boolean {
  return deps.memory.targets.has(normalizeResource(resource));
}

/** The first named authorization server that the organisation registered the client with, compared to the letter. */
function chooseCredentials(deps: ClientDeps, document: ProtectedResource): ResourceServerCredentials {
  for (const issuer of document.authorizationServers) {
    const credentials = deps.resourceServers.get(issuer);
    if (credentials !== undefined) return credentials;
  }
  throw new CrossgrantError('authorization_server_unknown', 'discovery', {
    cause: {
      resource: document.resource,
      named: document.authorizationServers,
      registered: [...deps.resourceServers.keys()],
    },
  });
}

/** A resource that moves to another authorization server is a matter for the administrator, also between known ones. */
function requirePinnedIssuer(deps: ClientDeps, resource: string, credentials: ResourceServerCredentials): void {
  const { issuer, resources } = credentials;
  const remembered = deps.memory.pinnedIssuers.get(normalizeResource(resource)) ?? issuer;
  const changed = new CrossgrantError('authorization_server_changed', 'discovery', {
    cause: { resource, expected: remembered, found: issuer },
  });
  if (remembered !== issuer) throw changed; // ATK-15
  if (resources !== undefined && !resources.some((own) => sameResource(own, resource))) throw changed; // ATK-15, MCP-09
}

/** RFC 8414 §2 says what absent grant types mean, yet servers with one grant leave them out: absent is not "no". */
function requireIdJag(server: AuthorizationServer, credentials: ResourceServerCredentials): void {
  const { authorization_grant_profiles_supported: supported, grant_types_supported: grants } = server.metadata;
  if (Array.isArray(supported) && supported.includes(profiles.idJag)) return;
  const cause = { issuer: server.issuer, profiles: supported ?? null, grants: grants ?? null };
  const unsupported = new CrossgrantError('id_jag_unsupported', 'discovery', { cause });
  if (credentials.mustAdvertiseIdJag) throw unsupported; // MCP-04
  if (grants !== undefined && !grants.includes(grantTypes.jwtBearer)) throw unsupported; // MCP-04
}

function refusedAddress(resource: string): CrossgrantError {
  return new CrossgrantError('address_refused', 'discovery', { cause: { resource: withoutQuery(resource) } });
}
