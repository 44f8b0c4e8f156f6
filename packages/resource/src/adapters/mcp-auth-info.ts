import { mcp } from '@crossgrant/protocol';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { ResourceServer } from '../middleware/create-resource-server.ts';

/** What a server under enterprise-managed authorization announces: spread it into `capabilities`. MCP-EMA §3. */
export const mcpCapabilities: { readonly extensions: Record<string, Record<string, never>> } = {
  extensions: { [mcp.enterpriseManagedAuthorization]: {} }, // MCP-06
};

/** The caller in the shape that the official servers hand to their tools. */
export interface McpCaller {
  token: string;
  clientId: string;
  scopes: string[];
  expiresAt: number;
  resource: URL;
  resourceMetadataUrl: string;
  extra: Record<string, unknown>;
}

/** The caller in the shape of the official server. `token` holds the token's id alone, so that no tool can pass a token on. */
export function mcpAuthInfo(auth: AuthInfo, gate: ResourceServer): McpCaller {
  const { issuer, subject, customer, jti, authTime, acr, amr } = auth;
  return {
    token: jti, // RSV-08
    clientId: auth.clientId,
    scopes: [...auth.scope],
    expiresAt: auth.expiresAt,
    resource: new URL(auth.resource),
    resourceMetadataUrl: gate.metadataUrl,
    extra: { issuer, subject, customer, jti, authTime, acr, amr }, // RSV-07
  };
}
