import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { readText, responseOf, targetOf, withoutToken } from './fetch.ts';
import { mcpAuthInfo } from './mcp-auth-info.ts';

export { type McpCaller, mcpAuthInfo, mcpCapabilities } from './mcp-auth-info.ts';

/**
 * Puts the gate in front of an MCP handler: a Web `fetch` that serves the metadata, judges every operation of the body by its
 * scopes, and hands the caller over as `authInfo`.
 */
export function protectMcp(
  gate: ResourceServer,
  handler: Pick<McpHttpHandler, 'fetch'>,
  needs?: AdmissionNeeds,
): (request: Request) => Promise<Response> {
  return async function protectedMcp(request) {
    const target = targetOf(request);
    const metadata = gate.serveMetadata(target.method, target.path);
    if (metadata !== undefined) return responseOf(metadata);

    const message = target.method === 'POST' ? () => readText(request) : undefined;
    const admission = await gate.admit(target, { ...needs, message });
    if (!admission.admitted) return responseOf(admission.response); // LES-86, LES-89, RSV-04
    const body = admission.message === undefined ? undefined : JSON.stringify(admission.message.body);
    return handler.fetch(withoutToken(request, body), { authInfo: mcpAuthInfo(admission.auth, gate) });
  };
}
