import { Misuse, pinnedIssuerKeys, remoteIssuerKeys } from '@crossgrant/platform';
import { looksLikeMetadataUrl } from '@crossgrant/protocol';
import { importJwks } from '@crossgrant/protocol/jws';
import type { ClientMethod, ResourceClient } from './resource-directory.ts';
import type { ClientKeySettings, ClientSettings } from './settings.ts';
import type { TrustDeps } from './trusted-issuer.ts';

/** The methods of a client that names none: both that the official MCP client can be registered with, or the one its keys serve. */
export function authMethodsOf({ id, auth: { methods, secret, keys } }: ClientSettings): readonly ClientMethod[] {
  if (looksLikeMetadataUrl(id)) return [];
  if (methods !== undefined) return methods;
  return keys !== undefined && secret === undefined
    ? ['private_key_jwt']
    : ['client_secret_basic', 'client_secret_post'];
}

/** Refuses keys that no method uses, a method without keys, and keys of which none counts. */
export function checkClientKeys({ id, auth }: ClientSettings): void {
  const { keys } = auth;
  const isUsed = authMethodsOf({ id, auth }).includes('private_key_jwt');
  if (isUsed && keys === undefined)
    throw new Misuse('client/keys', `The client ${id} signs its assertions; give its keys as jwks or jwksUri.`);
  if (!isUsed && (keys !== undefined || auth.tokenEndpointAudience === true))
    throw new Misuse('client/keys', `The client ${id} has settings for private_key_jwt, which is none of its methods.`);
  if (keys === undefined) return;
  if ('jwksUri' in keys && !URL.canParse(keys.jwksUri))
    throw new Misuse('client/keys', `The jwksUri of the client ${id} is no URL.`);
  const imported = 'jwks' in keys ? importJwks(keys.jwks) : undefined;
  if (imported?.keys.length === 0)
    throw new Misuse('client/keys', `The client ${id} has no usable key: ${imported.problems.join('; ')}.`);
}

/** What verifies the assertions of a client. Keys that were fetched before stay with a directory that is built anew. */
export function assertionsOf(
  clientId: string,
  keys: ClientKeySettings | undefined,
  tokenEndpointAudience: boolean,
  { fetch, clock, onAlert, opened }: TrustDeps,
): ResourceClient['assertions'] {
  if (keys === undefined) return undefined;
  const name = JSON.stringify(['client', clientId, keys]);
  const found =
    opened.get(name) ??
    ('jwks' in keys
      ? pinnedIssuerKeys(keys.jwks)
      : remoteIssuerKeys({ source: { jwksUri: keys.jwksUri }, fetch, clock, onAlert }));
  opened.set(name, found);
  return { keys: found, tokenEndpointAudience };
}
