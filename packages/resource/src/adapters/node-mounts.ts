import { parseRanges, remoteAddress } from '@crossgrant/platform';
import type { ResourceServer } from '../middleware/create-resource-server.ts';
import { plainHandler } from '../server/plain-handler.ts';
import type { ResourceAuthorizationServer } from '../server/resource-authorization-server.ts';
import { type NodeMiddleware, readRaw, sendPlain, targetOf } from './node-http.ts';

/** Serves the metadata of the resource and leaves all else alone: for the root, where the gate stands on single routes. */
export function nodeMetadata(gate: ResourceServer): NodeMiddleware {
  return function crossgrantMetadata(req, res, next) {
    const { method, path } = targetOf(req);
    const metadata = gate.serveMetadata(method, path);
    return metadata === undefined ? next() : sendPlain(res, metadata);
  };
}

/** Serves the authorization server at the paths of its issuer and leaves all else alone. Mount it at the root, before body parsers. */
export function nodeAuthorizationServer(
  server: ResourceAuthorizationServer,
  options: { readonly trustedProxies?: readonly string[] } = {},
): NodeMiddleware {
  const answer = plainHandler(server);
  const proxies = parseRanges(options.trustedProxies ?? [], 'trustedProxies');
  return function crossgrantServer(req, res, next) {
    const target = targetOf(req);
    const from = req.ip ?? remoteAddress(req.socket.remoteAddress, target.headers.all('x-forwarded-for'), proxies);
    answer({ ...target, remoteAddress: from, read: (most) => readRaw(req, most) }).then(
      (plain) => (plain === undefined ? next() : sendPlain(res, plain)),
      next,
    );
  };
}
