import { readBytes, responseOf, targetOf } from '../adapters/fetch.ts';
import { plainHandler } from './plain-handler.ts';
import type { ResourceAuthorizationServer } from './resource-authorization-server.ts';

/**
 * The server as one function over Web requests, for any runtime or framework that has them. Undefined means that the path
 * is none of the server's: the builder's own routes may answer.
 */
export function fetchHandler(
  server: ResourceAuthorizationServer,
): (request: Request, remoteAddress?: string) => Promise<Response | undefined> {
  const answer = plainHandler(server);
  return async function answerRequest(request, remoteAddress = '') {
    const plain = await answer({ ...targetOf(request), remoteAddress, read: (most) => readBytes(request.body, most) });
    return plain === undefined ? undefined : responseOf(plain);
  };
}
