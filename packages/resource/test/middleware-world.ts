import { type AccessTokenInput, buildAccessTokenClaims, plainHeaders } from '@crossgrant/protocol';
import { generateSigningKey, type SigningKey, signJws } from '@crossgrant/protocol/jws';
import { createResourceServer, type ResourceServer, type ResourceServerOptions } from '@crossgrant/resource';
import type { BearerRequest } from '../src/middleware/bearer-header.ts';

export const now = 1_795_478_400;
export const issuer = 'https://auth.chat.example';
export const resource = 'https://mcp.chat.example/mcp';
export const metadataUrl = 'https://mcp.chat.example/.well-known/oauth-protected-resource/mcp';

/** One resource server whose clock, keys and tokens a test holds in its hand. */
export interface MiddlewareWorld {
  readonly key: SigningKey;
  readonly server: ResourceServer;
  nowSeconds: number;
  token(changes?: Partial<AccessTokenInput>, raw?: object, typ?: string): string;
}

export function createMiddlewareWorld(
  options: Partial<ResourceServerOptions> = {},
  key: SigningKey = generateSigningKey('ES256', 'ras-1'),
): MiddlewareWorld {
  const world = { nowSeconds: now, key };
  const server = createResourceServer({
    resource,
    authorizationServer: issuer,
    scopesSupported: ['chat.read', 'chat.history'],
    keys: { keys: [key.publicJwk] },
    clock: () => world.nowSeconds * 1_000,
    ...options,
  });
  const token = (changes: Partial<AccessTokenInput> = {}, raw: object = {}, typ = 'at+jwt'): string => {
    const input = {
      issuer,
      subject: 'acct_7',
      resource,
      clientId: 'agent',
      jti: 'at-1',
      issuedAt: now,
      lifetimeSeconds: 600,
      scope: ['chat.read'],
      customer: 'cus_1',
      ...changes,
    };
    return signJws(key, typ, { ...buildAccessTokenClaims(input), ...raw });
  };
  return Object.assign(world, { server, token });
}

export function requestWith(...authorization: string[]): BearerRequest {
  return {
    headers: plainHeaders(authorization.map((value) => ['authorization', value] as const)),
    method: 'POST',
    path: '/mcp',
    query: '',
  };
}

export const bearer = (token: string): BearerRequest => requestWith(`Bearer ${token}`);
