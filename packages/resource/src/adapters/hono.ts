import type { Context, Env, MiddlewareHandler } from 'hono';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { plainHandler } from '../server/plain-handler.ts';
import type { ResourceAuthorizationServer } from '../server/resource-authorization-server.ts';
import { keepCaller, knownCaller } from './caller.ts';
import { responseOf, targetOf, withoutToken } from './fetch.ts';
import { peerAddress, readRaw } from './hono-request.ts';

export { callerOf } from './caller.ts';

export interface CrossgrantVariables {
  readonly auth: AuthInfo;
}

/**
 * Hono middleware: `app.use('/mcp/*', crossgrant(gate))`. The caller is `c.get('auth')`; handlers never see the token. Where it
 * stands on some paths only, `resourceMetadata(gate)` at the root serves the metadata.
 */
export function crossgrant(
  gate: ResourceServer,
  needs?: AdmissionNeeds,
): MiddlewareHandler<{ Variables: CrossgrantVariables }> {
  return async function crossgrantGate(c, next) {
    const target = targetOf(c.req.raw);
    const metadata = gate.serveMetadata(target.method, target.path);
    if (metadata !== undefined) return responseOf(metadata);
    const admission = await gate.admit(target, needs, knownCaller(c, gate));
    if (!admission.admitted) return responseOf(admission.response); // LES-86
    c.req.raw = withoutToken(c.req.raw); // RSV-08, ATK-61
    keepCaller(c, gate, admission.auth);
    c.set('auth', admission.auth);
    return next();
  };
}

/** Serves the metadata of the resource and leaves all else alone. */
export function resourceMetadata(gate: ResourceServer): MiddlewareHandler {
  return async function crossgrantMetadata(c, next) {
    const { method, path } = targetOf(c.req.raw);
    const metadata = gate.serveMetadata(method, path);
    return metadata === undefined ? next() : responseOf(metadata);
  };
}

/** Serves the authorization server at the paths of its issuer and leaves all else alone: `app.use(authorizationServer(server))`. */
export function authorizationServer<E extends Env>(
  server: ResourceAuthorizationServer,
  remoteAddress: (c: Context<E>) => string = peerAddress,
): MiddlewareHandler<E> {
  const answer = plainHandler(server);
  return async function crossgrantServer(c, next) {
    const read = (most: number) => readRaw(c, most);
    const plain = await answer({ ...targetOf(c.req.raw), remoteAddress: remoteAddress(c), read });
    return plain === undefined ? next() : responseOf(plain);
  };
}
