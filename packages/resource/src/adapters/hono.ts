import type { MiddlewareHandler } from 'hono';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { bearerRequestOf, responseOf, withoutToken } from './fetch.ts';

export interface CrossgrantVariables {
  readonly auth: AuthInfo;
}

/**
 * Hono middleware: `app.use('/mcp/*', crossgrant(server))`. The caller is `c.get('auth')`; handlers never see the token. Mount
 * it at `*`, or serve `server.metadata()` at `server.metadataPath` yourself.
 */
export function crossgrant(
  server: ResourceServer,
  needs?: AdmissionNeeds,
): MiddlewareHandler<{ Variables: CrossgrantVariables }> {
  return async function crossgrantGate(c, next) {
    const request = bearerRequestOf(c.req.raw);
    const metadata = server.serveMetadata(request.method, request.path);
    if (metadata !== undefined) return responseOf(metadata);
    const admission = await server.admit(request, needs);
    if (!admission.admitted) return responseOf(admission.response); // LES-86
    c.req.raw = withoutToken(c.req.raw); // RSV-08, ATK-61
    c.set('auth', admission.auth);
    return next();
  };
}
