import { parseStrictJsonObject } from '@crossgrant/protocol';
import type * as oauth from 'oauth4webapi';
import { isAllowedAddress } from '../address.ts';
import { type ClientAuth, clientSecretBasic, clientSecretPost, none } from '../client-auth.ts';
import type { AuthorizationServer } from '../discovery/target.ts';
import { CrossgrantError } from '../errors.ts';
import { rawResponse } from '../oauth-error.ts';
import type { Credentials } from '../options.ts';
import { sendPatiently } from '../patience.ts';
import type { UnmanagedDeps } from './deps.ts';
import type { CodeGrant } from './options.ts';

/**
 * The credentials of the client at one server: those it was given, else its metadata document, else what a registration
 * brings. Each belongs to the issuer it is for.
 *
 * MCP 2026-07-28 authorization, RFC 7591 §3, draft-ietf-oauth-client-id-metadata-document.
 */
export async function credentialsFor(deps: UnmanagedDeps, server: AuthorizationServer): Promise<Credentials> {
  const { issuer, metadata } = server;
  const given = deps.registrations.get(issuer);
  if (given !== undefined) return { issuer, ...given }; // CAU-07
  const { grant } = deps;
  if (grant.kind === 'code') {
    const { clientMetadataUrl, registerAs } = grant;
    const takesDocuments = metadata.client_id_metadata_document_supported === true;
    if (clientMetadataUrl !== undefined && takesDocuments) return { issuer, clientId: clientMetadataUrl, auth: none() };
    if (registerAs !== undefined) return registerOnce(deps, server, grant);
  }
  throw new CrossgrantError('authorization_server_unknown', 'discovery', { cause: { issuer } });
}

/** A registration is for one issuer, and is kept as long as the client lives. */
function registerOnce(deps: UnmanagedDeps, server: AuthorizationServer, grant: CodeGrant): Promise<Credentials> {
  const known = deps.registered.get(server.issuer); // CAU-07
  if (known !== undefined) return known;
  const registration = register(deps, server, grant);
  deps.registered.set(server.issuer, registration);
  registration.catch(() => deps.registered.delete(server.issuer));
  return registration;
}

async function register(deps: UnmanagedDeps, server: AuthorizationServer, grant: CodeGrant): Promise<Credentials> {
  const { issuer, metadata } = server;
  const endpoint = metadata.registration_endpoint ?? '';
  if (!isAllowedAddress(endpoint, deps.development))
    throw new CrossgrantError('authorization_server_unknown', 'discovery', { cause: { issuer } });
  const isLoopback = grant.redirectUri.startsWith('http:');
  const body = JSON.stringify({
    client_name: grant.registerAs,
    redirect_uris: [grant.redirectUri],
    application_type: isLoopback ? 'native' : 'web',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: methodFor(metadata, undefined, true),
  });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await sendPatiently(deps, () =>
    deps.outbound.send('discovery', endpoint, { method: 'POST', headers, body }),
  );
  const text = await response.text();
  const parsed = parseStrictJsonObject(text);
  if (!parsed.ok || response.status !== 201 || typeof parsed.value.client_id !== 'string')
    throw new CrossgrantError('client_not_allowed', 'discovery', { cause: rawResponse(endpoint, response, text) });
  const { client_id: clientId, client_secret: secret, token_endpoint_auth_method: method } = parsed.value;
  const hasSecret = typeof secret === 'string' && secret !== '';
  return { issuer, clientId, auth: authBy(methodFor(metadata, method, hasSecret), hasSecret ? secret : '') };
}

/** What the server registered, else the first it supports that fits to what it gave. */
function methodFor(metadata: oauth.AuthorizationServer, registered: unknown, hasSecret: boolean): string {
  if (typeof registered === 'string') return registered;
  const supported = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const usable = hasSecret ? ['client_secret_basic', 'client_secret_post', 'none'] : ['none'];
  return usable.find((method) => supported.includes(method)) ?? 'none';
}

function authBy(method: string, secret: string): ClientAuth {
  if (secret === '' || method === 'none') return none();
  return method === 'client_secret_post' ? clientSecretPost(secret) : clientSecretBasic(secret);
}
