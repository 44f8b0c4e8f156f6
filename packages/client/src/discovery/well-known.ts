import { wellKnown } from '@crossgrant/protocol';

/**
 * Where the metadata of an authorization server may be, in the order to ask.
 *
 * MCP 2026-07-28 authorization, RFC 8414 §3.1, §5.
 */
export function authorizationServerLocations(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const prefixed = [
    `${origin}${wellKnown.authorizationServer}${path}`, // MCP-10
    `${origin}${wellKnown.openidConfiguration}${path}`, // MCP-10
  ];
  if (path === '') return prefixed;
  return [...prefixed, `${origin}${path}${wellKnown.openidConfiguration}`];
}

/**
 * The same for an identity provider, where the document of OpenID Connect comes first: it alone is bound to name the keys
 * and algorithms of ID tokens.
 *
 * OpenID Connect Discovery §4, RFC 8414 §5.
 */
export function identityProviderLocations(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer);
  const canonical = `${origin}${pathname.replace(/\/$/, '')}${wellKnown.openidConfiguration}`;
  return [...new Set([canonical, ...authorizationServerLocations(issuer)])];
}

/** Where the metadata of a resource may be when it does not say so itself. RFC 9728 §3.1, MCP 2026-07-28. */
export function protectedResourceLocations(resource: string): readonly string[] {
  const { origin, pathname, search } = new URL(resource);
  const atRoot = `${origin}${wellKnown.protectedResource}`;
  const path = pathname === '/' ? '' : pathname;
  return path === '' && search === '' ? [atRoot] : [`${atRoot}${path}${search}`, atRoot];
}
