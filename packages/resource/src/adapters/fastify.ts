import { Misuse } from '@crossgrant/platform';
import type { PlainResponse } from '@crossgrant/protocol';
import type { FastifyPluginAsync, FastifyReply, onRequestAsyncHookHandler } from 'fastify';
import type { AdmissionNeeds, ResourceServer } from '../middleware/create-resource-server.ts';
import { plainHandler } from '../server/plain-handler.ts';
import type { ResourceAuthorizationServer } from '../server/resource-authorization-server.ts';
import { keepCaller, knownCaller } from './caller.ts';
import { readRaw, targetOf, withoutToken } from './node-http.ts';

export { callerOf } from './caller.ts';

/** The gate as a hook: `app.addHook('onRequest', crossgrant(gate))`, or the `onRequest` of one route. The caller is `callerOf(request)`. */
export function crossgrant(gate: ResourceServer, needs?: AdmissionNeeds): onRequestAsyncHookHandler {
  return async function crossgrantGate(request, reply) {
    const target = targetOf(request.raw);
    const metadata = gate.serveMetadata(target.method, target.path);
    if (metadata !== undefined) return send(reply, metadata);
    const admission = await gate.admit(target, needs, knownCaller(request, gate));
    if (!admission.admitted) return send(reply, admission.response); // LES-86
    withoutToken(request.raw); // RSV-08, ATK-61
    keepCaller(request, gate, admission.auth);
  };
}

/** Serves the metadata of the resource: `app.register(resourceMetadata(gate))`, at the root. */
export function resourceMetadata(gate: ResourceServer): FastifyPluginAsync {
  return async function crossgrantMetadata(app) {
    checkRoot(app.prefix, 'resourceMetadata');
    app.all(gate.metadataPath, (request, reply) => {
      const metadata = gate.serveMetadata(request.method, gate.metadataPath);
      return metadata === undefined ? reply.callNotFound() : send(reply, metadata);
    });
  };
}

/** Serves the authorization server at the paths of its issuer: `app.register(authorizationServer(server))`, at the root. */
export function authorizationServer(server: ResourceAuthorizationServer): FastifyPluginAsync {
  return async function crossgrantServer(app) {
    checkRoot(app.prefix, 'authorizationServer');
    const answer = plainHandler(server);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null)); // RED-01
    for (const path of new Set(server.routes().map((route) => route.path)))
      app.all(path, async (request, reply) => {
        const read = (most: number) => readRaw(request.raw, most);
        const plain = await answer({ ...targetOf(request.raw), path, remoteAddress: request.ip, read });
        return plain === undefined ? reply.callNotFound() : send(reply, plain);
      });
  };
}

function send(reply: FastifyReply, { status, headers, body }: PlainResponse): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** Well-known documents stand at the root of the host, whatever prefix the API has. RFC 8414 §3.1, RFC 9728 §3.1. */
function checkRoot(prefix: string, plugin: string): void {
  if (prefix !== '') throw new Misuse('server/prefix', `${plugin}: register it at the root, not under ${prefix}.`); // MET-06, MET-09
}
