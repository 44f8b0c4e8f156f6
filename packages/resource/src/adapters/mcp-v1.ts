import { decodeUtf8, ok, type Result, refuse } from '@crossgrant/protocol';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { keepCaller, knownCaller } from './caller.ts';
import { messageBytesAtMost } from './fetch.ts';
import { mcpAuthInfo } from './mcp-auth-info.ts';
import { type NodeMiddleware, type NodeRequest, readRaw, sendPlain, targetOf, withoutToken } from './node-http.ts';

export { callerOf } from './caller.ts';
export { type McpCaller, mcpAuthInfo, mcpCapabilities } from './mcp-auth-info.ts';

/**
 * The gate in front of a server of `@modelcontextprotocol/sdk` 1.x: serves the metadata, judges every operation of the body by
 * its scopes, and leaves the caller in `req.auth` and the judged message in `req.body`, where
 * `transport.handleRequest(req, res, req.body)` takes them from.
 */
export function protectMcpV1(gate: ResourceServer, needs?: AdmissionNeeds): NodeMiddleware {
  return function crossgrantGate(req, res, next) {
    const target = targetOf(req);
    const metadata = gate.serveMetadata(target.method, target.path);
    if (metadata !== undefined) return sendPlain(res, metadata);

    const message = target.method === 'POST' ? () => readMessage(req) : undefined;
    gate.admit(target, { ...needs, message }, knownCaller(req, gate)).then((admission) => {
      if (!admission.admitted) return sendPlain(res, admission.response); // LES-86, LES-89, RSV-04
      withoutToken(req); // RSV-08, ATK-61
      keepCaller(req, gate, admission.auth);
      Object.assign(req, { auth: mcpAuthInfo(admission.auth, gate), body: admission.message?.body });
      next();
    }, next);
  };
}

/** What a JSON parser in front has made of the body is judged as it is: the server behind gets that and nothing else. */
async function readMessage(req: NodeRequest & { readonly body?: unknown }): Promise<Result<string>> {
  if (req.readableDidRead && req.body !== undefined && req.rawBody === undefined) return ok(JSON.stringify(req.body)); // LES-89
  const bytes = await readRaw(req, messageBytesAtMost);
  if (bytes === undefined) return refuse('request/too-large'); // LES-31
  const text = decodeUtf8(bytes);
  return text === undefined ? refuse('bearer/message-malformed') : ok(text);
}
