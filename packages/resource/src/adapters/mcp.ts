import { mcp } from '@crossgrant/protocol';
import type { AuthInfo as McpAuthInfo, McpHttpHandler } from '@modelcontextprotocol/server';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { bearerRequestOf, readText, responseOf, withoutToken } from './fetch.ts';

/** What a server under enterprise-managed authorization announces: spread it into `capabilities`. MCP-EMA §3. */
export const mcpCapabilities: { readonly extensions: Record<string, Record<string, never>> } = {
  extensions: { [mcp.enterpriseManagedAuthorization]: {} }, // MCP-06
};

/**
 * Puts the gate in front of an MCP handler: a Web `fetch` that serves the metadata, judges every operation of the body by its
 * scopes, and hands the caller over as `authInfo`.
 */
export function protectMcp(
  server: ResourceServer,
  handler: Pick<McpHttpHandler, 'fetch'>,
  needs?: AdmissionNeeds,
): (request: Request) => Promise<Response> {
  return async function protectedMcp(request) {
    const bearer = bearerRequestOf(request);
    const metadata = server.serveMetadata(bearer.method, bearer.path);
    if (metadata !== undefined) return responseOf(metadata);

    const message = bearer.method === 'POST' ? () => readText(request) : undefined;
    const admission = await server.admit(bearer, { ...needs, message });
    if (!admission.admitted) return responseOf(admission.response); // LES-86, LES-89, RSV-04
    const body = admission.message === undefined ? undefined : JSON.stringify(admission.message.body);
    return handler.fetch(withoutToken(request, body), { authInfo: mcpAuthInfo(admission.auth, server) });
  };
}

/** The caller in the shape of the official server. `token` holds the token's id alone, so that no tool can pass a token on. */
export function mcpAuthInfo(auth: AuthInfo, server: ResourceServer): McpAuthInfo {
  const { issuer, subject, customer, jti, authTime, acr, amr } = auth;
  return {
    token: jti, // RSV-08
    clientId: auth.clientId,
    scopes: [...auth.scope],
    expiresAt: auth.expiresAt,
    resource: new URL(auth.resource),
    resourceMetadataUrl: server.metadataUrl,
    extra: { issuer, subject, customer, jti, authTime, acr, amr }, // RSV-07
  };
}
