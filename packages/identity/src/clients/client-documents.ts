import type { ClientMetadataResolver, ResolvedClient } from '@crossgrant/platform';
import { looksLikeMetadataUrl, ok, type Result, refuse } from '@crossgrant/protocol';
import type { ClientApp } from './client-app.ts';
import { isAcceptableRedirectUri } from './redirect-uri.ts';

/**
 * A client app as it is now. One that an administrator registered by the URL of its metadata document is described by
 * that document; every other stays as it is stored.
 */
export type DescribeClient = (app: ClientApp) => Promise<Result<ClientApp>>;

/** Whether the app describes itself by a document, and has to be read before it can be judged. */
export function hasDocument(app: ClientApp | undefined): app is ClientApp {
  return app !== undefined && looksLikeMetadataUrl(app.clientId);
}

/**
 * Joins what the administrator owns, state, tags, grants and connections, with what the client owns: name, redirect URIs,
 * method and keys. The document cannot touch the former, and a blocked app is not even asked for it.
 */
export function createDescribeClient(resolver: ClientMetadataResolver | undefined): DescribeClient {
  return async (app) => {
    if (!hasDocument(app) || app.state !== 'active') return ok(app); // LES-44
    if (resolver === undefined) return refuse('client/metadata', { problem: 'metadata documents are off' });
    const read = await resolver.resolve(app.clientId); // CID-10
    if (!read.ok) return read;
    const bad = read.value.redirectUris.find((uri) => !isAcceptableRedirectUri(uri));
    if (bad !== undefined) return refuse('client/metadata', { problem: 'a redirect URI of it is not acceptable' }); // LES-17
    return ok(joined(app, read.value));
  };
}

function joined(app: ClientApp, document: ResolvedClient): ClientApp {
  return {
    ...app,
    name: document.name,
    redirectUris: document.redirectUris,
    postLogoutRedirectUris: document.postLogoutRedirectUris.filter(isAcceptableRedirectUri),
    tokenEndpointAuthMethods: [document.authMethod], // CID-08
    keys: undefined,
    assertionKeys: document.assertionKeys,
    secretMacs: [],
    tokenEndpointAudience: false,
  };
}
