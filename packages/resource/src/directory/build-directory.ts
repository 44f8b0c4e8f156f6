import { Misuse } from '@crossgrant/platform';
import {
  isPlainIdentifier,
  isScopeToken,
  limits,
  looksLikeMetadataUrl,
  needsProblem,
  normalizeResource,
  parseClientMetadataUrl,
  parseResourceIdentifier,
} from '@crossgrant/protocol';
import { type DocumentPolicy, documentClient, withDocument } from './client-documents.ts';
import { checkClientKeys } from './client-keys.ts';
import type {
  Customer,
  GovernedResource,
  ResourceClient,
  ResourceDirectory,
  TrustedIssuer,
} from './resource-directory.ts';
import type { ClientSettings, ResourceSettings } from './settings.ts';

export interface DirectoryContent {
  readonly epoch: number;
  readonly customers: readonly Customer[];
  readonly trustedIssuers: readonly TrustedIssuer[];
  readonly clients: readonly ResourceClient[];
  readonly resources: readonly GovernedResource[];
  /** Absent: client metadata documents are off. */
  readonly documents?: DocumentPolicy;
}

/** An immutable snapshot over plain data. Two spellings of one resource are a misuse: only one could rule. */
export function buildDirectory(content: DirectoryContent): ResourceDirectory {
  const customers = new Map(content.customers.map((customer) => [customer.customerId, customer]));
  const issuers = new Map(content.trustedIssuers.map((trusted) => [trusted.issuer, trusted]));
  const { documents } = content;
  const clients = new Map(content.clients.map((client) => [client.clientId, withDocument(client, documents)]));
  refuseResourceTwins(content.resources.map(({ identifier }) => identifier)); // RED-16
  const resources = new Map(content.resources.map((resource) => [normalizeResource(resource.identifier), resource]));

  return {
    epoch: content.epoch,
    publicClients: documents?.publicClients === true, // CAU-04
    customer: (customerId) => customers.get(customerId),
    trustedIssuer: (issuer) => issuers.get(issuer),
    client: (clientId) => (clients.has(clientId) ? clients.get(clientId) : documentClient(clientId, documents)), // CID-10, LES-44
    resource: (identifier) => resources.get(normalizeResource(identifier)), // RED-16, ATK-30
    resources: () => content.resources,
  };
}

/** Refuses identifiers that name one resource twice, in one spelling or in two. */
export function refuseResourceTwins(identifiers: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const identifier of identifiers) {
    const key = normalizeResource(identifier);
    const other = seen.get(key);
    if (other !== undefined)
      throw new Misuse('resource/twin', `The resources ${other} and ${identifier} are one; list it once.`);
    seen.set(key, identifier);
  }
}

/** Ids made of `[A-Za-z0-9_-]` read the same raw and form-encoded in Basic; a URL would not. */
export function checkClientSettings(client: ClientSettings): void {
  if (looksLikeMetadataUrl(client.id)) checkDocumentClient(client);
  else if (!isPlainIdentifier(client.id))
    throw new Misuse(
      'client/id',
      `The client id ${JSON.stringify(client.id)} may hold letters, digits, _ and - alone.`,
    );
  if (client.auth.secret !== undefined && !isPlainIdentifier(client.auth.secret))
    throw new Misuse(
      'client/secret',
      `The secret of ${client.id} may hold letters, digits, _ and - alone, so that Basic reads it one way.`,
    );
  checkClientKeys(client);
}

export function governedResourceFrom(
  settings: ResourceSettings,
  verifyIntrospectionSecret: GovernedResource['verifyIntrospectionSecret'],
): GovernedResource {
  const { identifier, accessTokenSeconds = limits.accessTokenSeconds } = settings;
  if (!parseResourceIdentifier(identifier).ok) {
    const problem = 'is no absolute URI without fragment, user info and dot segments';
    throw new Misuse('resource/identifier', `The resource ${identifier} ${problem}.`);
  }
  const unreadable = settings.scopes.find((scope) => !isScopeToken(scope));
  if (unreadable !== undefined) {
    const problem = `has the scope ${JSON.stringify(unreadable)}, which is no scope token`;
    throw new Misuse('resource/scope', `The resource ${identifier} ${problem}.`);
  }
  for (const [scope, needs] of Object.entries(settings.signOnByScope ?? {})) {
    const problem = settings.scopes.includes(scope) ? needsProblem(needs) : 'is none of its scopes';
    if (problem !== undefined)
      throw new Misuse('resource/sign-on', `signOnByScope of ${identifier}: ${JSON.stringify(scope)} ${problem}.`);
  }
  if (!isAccessTokenLife(accessTokenSeconds)) throw lifetimeMisuse(identifier); // RED-29
  if (settings.accessTokens === 'opaque' && verifyIntrospectionSecret === undefined)
    throw new Misuse(
      'resource/opaque',
      `The resource ${identifier} gets opaque tokens, which only introspection can read: give it an introspectionSecret.`,
    );
  const { name, scopes, accessTokens, signOnByScope, dpopRequired = false } = settings;
  return {
    identifier,
    name,
    scopes,
    signOnByScope,
    verifyIntrospectionSecret,
    accessTokenSeconds,
    accessTokens,
    dpopRequired,
  };
}

function isAccessTokenLife(seconds: number): boolean {
  return Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= limits.accessTokenSecondsAtMost;
}

function lifetimeMisuse(identifier: string): Misuse {
  const most = limits.accessTokenSecondsAtMost;
  return new Misuse('resource/lifetime', `The access tokens of ${identifier} must live from 1 to ${most} seconds.`);
}

/** What the document of the client says is not for the configuration to say too. */
function checkDocumentClient({ id, auth }: ClientSettings): void {
  if (!parseClientMetadataUrl(id, { allowHttpLoopback: true }).ok)
    throw new Misuse(
      'client/document',
      `The client id ${id} is not the URL of a document, without query and fragment.`,
    ); // CID-04
  if (Object.values(auth).some((value) => value !== undefined))
    throw new Misuse(
      'client/document',
      `The client ${id} describes itself; its entry says nothing of how it proves itself.`,
    ); // CID-08
}
