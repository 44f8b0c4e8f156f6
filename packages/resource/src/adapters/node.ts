import type { IncomingMessage, ServerResponse } from 'node:http';
import { faultResponse, newId } from '@crossgrant/protocol';
import type { AuthInfo } from '../middleware/auth-info.ts';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { keepCaller, knownCaller } from './caller.ts';
import {
  type NodeMiddleware,
  type NodeRequest,
  type NodeResponse,
  sendPlain,
  targetOf,
  withoutToken,
} from './node-http.ts';

export { callerOf } from './caller.ts';
export type { NodeMiddleware, NodeRequest, NodeResponse } from './node-http.ts';
export { nodeAuthorizationServer, nodeMetadata } from './node-mounts.ts';

export type NodeHandler<Req = IncomingMessage, Res = ServerResponse> = (req: Req, res: Res, auth: AuthInfo) => unknown;

export interface ProtectNodeOptions extends AdmissionNeeds {
  /** Told what a handler threw; without it the process warns. The caller gets 500 and an id. */
  readonly onError?: (error: unknown) => void;
}

/** Puts the gate in front of a `node:http` or `node:http2` handler, and serves the metadata. The handler never sees the token. */
export function protectNode<Req extends NodeRequest = IncomingMessage, Res extends NodeResponse = ServerResponse>(
  gate: ResourceServer,
  handler: NodeHandler<Req, Res>,
  { onError = (error) => process.emitWarning(String(error)), ...needs }: ProtectNodeOptions = {},
): (req: Req, res: Res) => Promise<void> {
  return async function protectedHandler(req, res) {
    try {
      const auth = await admit(gate, req, res, needs);
      if (auth !== undefined) await handler(req, res, auth);
    } catch (error) {
      onError(error);
      if (res.headersSent) res.destroy();
      else sendPlain(res, faultResponse('server_error', newId('req')));
    }
  };
}

/** The same for Express, Connect and others with `next`; the caller is `callerOf(req)`, and `req.auth`. */
export function nodeMiddleware(gate: ResourceServer, needs?: AdmissionNeeds): NodeMiddleware {
  return function crossgrantGate(req, res, next) {
    admit(gate, req, res, needs).then((auth) => (auth === undefined ? undefined : next()), next);
  };
}

/** Lets the request in, or answers it. */
async function admit(
  gate: ResourceServer,
  req: NodeRequest,
  res: NodeResponse,
  needs?: AdmissionNeeds,
): Promise<AuthInfo | undefined> {
  const target = targetOf(req);
  const metadata = gate.serveMetadata(target.method, target.path);
  if (metadata !== undefined) return void sendPlain(res, metadata);
  const admission = await gate.admit(target, needs, knownCaller(req, gate));
  if (!admission.admitted) return void sendPlain(res, admission.response); // LES-86
  withoutToken(req); // RSV-08, ATK-61
  keepCaller(req, gate, admission.auth);
  Object.assign(req, { auth: admission.auth });
  return admission.auth;
}
