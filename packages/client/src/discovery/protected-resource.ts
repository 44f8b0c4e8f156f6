import { type JsonObject, type JsonValue, sameResource, wellKnown } from '@crossgrant/protocol';
import type { ServerDeps } from '../deps.ts';
import { CrossgrantError } from '../errors.ts';
import { readFirstDocument } from './document.ts';
import { protectedResourceLocations } from './well-known.ts';

/** What a resource says about itself, once it is certain that it speaks about itself. */
export interface ProtectedResource {
  /** The identifier to the letter; it is what every request and every comparison uses. */
  readonly resource: string;
  readonly authorizationServers: readonly string[];
  readonly scopesSupported: readonly string[] | undefined;
}

/**
 * Reads the metadata of a resource: where its challenge points, else at the well-known places.
 *
 * The document has to name the resource the client uses, or a server could send the client for a token of another one
 * and receive it. The document of a whole host, at its root, names the host.
 *
 * RFC 9728 §3.3, §5.1.
 */
export async function readProtectedResource(
  deps: ServerDeps,
  resource: string,
  pointedAt: string | undefined,
): Promise<ProtectedResource> {
  if (pointedAt !== undefined && !isSameOrigin(pointedAt, resource)) throw foreignPointer(resource, pointedAt); // LES-91
  const locations = pointedAt === undefined ? protectedResourceLocations(resource) : [pointedAt];
  const { location, document } = await readFirstDocument(deps, locations, {
    missing: 'resource_metadata_unavailable',
    invalid: 'resource_metadata_invalid',
  });
  return checkDocument(document, namesAt(location, resource));
}

/** What a document may speak of, by where it was found: one that lies below a path does not speak for its host. */
function namesAt(location: string, resource: string): readonly string[] {
  const { origin } = new URL(resource);
  return location === `${origin}${wellKnown.protectedResource}` ? [resource, origin] : [resource];
}

function checkDocument(document: JsonObject, names: readonly string[]): ProtectedResource {
  const named = document.resource;
  if (typeof named !== 'string') throw invalid('resource');
  if (!names.some((name) => sameResource(named, name))) throw mismatch(names[0] as string, named); // MCP-10, ATK-14
  const authorizationServers = textsOf(document.authorization_servers);
  if (authorizationServers === undefined || authorizationServers.length === 0) throw invalid('authorization_servers');
  return { resource: named, authorizationServers, scopesSupported: textsOf(document.scopes_supported) };
}

function textsOf(value: JsonValue | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.filter((member: JsonValue): member is string => typeof member === 'string');
  return texts.length === value.length ? texts : undefined;
}

function isSameOrigin(first: string, second: string): boolean {
  return URL.canParse(first) && URL.canParse(second) && new URL(first).origin === new URL(second).origin;
}

function invalid(member: string): CrossgrantError {
  return new CrossgrantError('resource_metadata_invalid', 'discovery', { cause: { member } });
}

function mismatch(expected: string, found: string): CrossgrantError {
  return new CrossgrantError('resource_mismatch', 'discovery', { cause: { expected, found } });
}

function foreignPointer(resource: string, pointedAt: string): CrossgrantError {
  return new CrossgrantError('foreign_origin', 'discovery', { cause: { resource, pointedAt } });
}
