import { createRouter, passOn } from '@crossgrant/platform';
import {
  decodeUtf8,
  newId,
  type PlainRequest,
  type PlainResponse,
  type RefusalCode,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import type { ResourceAuthorizationServer } from './resource-authorization-server.ts';

/** Far beyond an assertion and everything that goes with it. */
const bytesAtMost = 65_536;

/** A request whose body is still where it arrived. The path is the whole one, wherever the server is mounted. */
export interface UnreadRequest extends Omit<PlainRequest, 'body'> {
  /** The bytes of the body as they were sent; undefined when there are more, or when the sender left. */
  readonly read: (bytesAtMost: number) => Promise<Uint8Array | undefined>;
}

/**
 * The server as one function, for adapters. Undefined means that the path is none of the server's, and the body is untouched.
 * Which server this is, its configuration says: no header of the request is asked.
 */
export function plainHandler(
  server: Pick<ResourceAuthorizationServer, 'routes'>,
): (request: UnreadRequest) => Promise<PlainResponse | undefined> {
  const find = createRouter(server.routes());

  return async function answer({ read, ...request }) {
    const found = find(request.path, request.method);
    if (found.kind === 'none') return undefined;
    if (found.kind === 'method') return refused('request/method', { allow: found.allow });

    const bytes = await read(bytesAtMost);
    if (bytes === undefined) return refused('request/too-large'); // LES-31
    const body = decodeUtf8(bytes);
    if (body === undefined) return refused('request/malformed-form'); // ATK-46
    const answered = await found.route.handler({ ...request, body });
    return answered === passOn ? undefined : answered;
  };
}

function refused(code: RefusalCode, headers: Record<string, string> = {}): PlainResponse {
  const response = refusalResponse(refuse(code).refusal, { id: newId('aud') });
  return { ...response, headers: { ...response.headers, ...headers } };
}
