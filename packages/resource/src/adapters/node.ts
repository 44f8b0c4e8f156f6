import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlainHeaders, PlainResponse } from '@crossgrant/protocol';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { BearerRequest } from '../middleware/bearer-header.ts';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';

export type AuthenticatedHandler = (req: IncomingMessage, res: ServerResponse, auth: AuthInfo) => void | Promise<void>;

/** Puts the gate in front of a `node:http` handler, and serves the metadata. The handler never sees the token. */
export function protectNode(
  server: ResourceServer,
  handler: AuthenticatedHandler,
  needs?: AdmissionNeeds,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async function protectedHandler(req, res) {
    const request = bearerRequestOf(req);
    const metadata = server.serveMetadata(request.method, request.path);
    if (metadata !== undefined) return sendPlain(res, metadata);
    const admission = await server.admit(request, needs);
    if (!admission.admitted) return sendPlain(res, admission.response); // LES-86
    withoutToken(req);
    await handler(req, res, admission.auth);
  };
}

/** The same for Express, Connect and others with `next`; the caller is found in `req.auth`. */
export function nodeMiddleware(
  server: ResourceServer,
  needs?: AdmissionNeeds,
): (req: IncomingMessage & { auth?: unknown }, res: ServerResponse, next: (error?: unknown) => void) => void {
  return function crossgrantGate(req, res, next) {
    const admitted: AuthenticatedHandler = (_req, _res, auth) => next.call(Object.assign(req, { auth }));
    protectNode(server, admitted, needs)(req, res).catch(next);
  };
}

function sendPlain(res: ServerResponse, response: PlainResponse): void {
  res.writeHead(response.status, response.headers).end(response.body);
}

/** The parts of a Node request that the gate reads. Repeated headers stay apart. */
function bearerRequestOf(req: IncomingMessage): BearerRequest & { readonly method: string; readonly path: string } {
  const url = req.url ?? '/';
  const path = url.split('?', 1)[0] as string;
  const all = (name: string): readonly string[] => req.headersDistinct[name] ?? [];
  const headers: PlainHeaders = { all, get: (name) => all(name)[0] };
  return { headers, method: req.method ?? 'GET', path, query: url.slice(path.length) };
}

/** Whoever forwards this request upstream has no token to forward. */
function withoutToken(req: IncomingMessage): void {
  delete req.headers.authorization; // RSV-08, ATK-61
  const raw = req.rawHeaders;
  for (let at = raw.length - 2; at >= 0; at -= 2) if (raw[at]?.toLowerCase() === 'authorization') raw.splice(at, 2); // RSV-08, ATK-61
}
