import type { JsonObject } from '@crossgrant/protocol';
import type * as oauth from 'oauth4webapi';
import { isAllowedAddress } from '../address.ts';
import type { ServerDeps } from '../deps.ts';
import { CrossgrantError } from '../errors.ts';
import { readFirstDocument } from './document.ts';
import type { AuthorizationServer } from './target.ts';
import { authorizationServerLocations, identityProviderLocations } from './well-known.ts';

const keptForMs = 300_000;

/**
 * Finds an authorization server by its issuer, and refuses a document that claims another one.
 *
 * Every path to a token endpoint goes through here, for the identity provider as for resource authorization servers:
 * a document that may name somebody else's issuer could collect somebody else's ID-JAGs and secrets.
 *
 * RFC 8414 §3.3, MCP-EMA §4.
 */
export function findAuthorizationServer(deps: ServerDeps, issuer: string): Promise<AuthorizationServer> {
  const known = deps.memory.servers.get(issuer);
  if (known !== undefined && deps.clock() < known.until) return known.server;

  const server = readAuthorizationServer(deps, issuer);
  deps.memory.servers.set(issuer, { server, until: deps.clock() + keptForMs });
  server.catch(() => deps.memory.servers.delete(issuer));
  return server;
}

async function readAuthorizationServer(deps: ServerDeps, issuer: string): Promise<AuthorizationServer> {
  const isIdp = issuer === deps.idp.issuer;
  const locations = isIdp ? identityProviderLocations(issuer) : authorizationServerLocations(issuer);
  const { document } = await readFirstDocument(deps, locations, {
    missing: 'metadata_unavailable',
    invalid: 'metadata_invalid',
  });
  if (document.issuer !== issuer) throw mismatch(issuer, document); // MCP-10, LES-91, ATK-14
  requireEndpoint(deps, document, 'token_endpoint');
  return { issuer, metadata: document as unknown as oauth.AuthorizationServer } as AuthorizationServer;
}

function requireEndpoint(deps: ServerDeps, document: JsonObject, name: string): void {
  const endpoint = document[name];
  if (typeof endpoint === 'string' && isAllowedAddress(endpoint, deps.development)) return;
  throw new CrossgrantError('metadata_invalid', 'discovery', { cause: { member: name, found: endpoint ?? null } });
}

function mismatch(issuer: string, document: JsonObject): CrossgrantError {
  return new CrossgrantError('issuer_mismatch', 'discovery', {
    cause: { expected: issuer, found: document.issuer ?? null },
  });
}
