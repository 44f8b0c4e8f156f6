import { passOn } from '@crossgrant/platform';
import {
  newId,
  type PlainRequest,
  type PlainResponse,
  plainHeaders,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import type { ResourceAuthorizationServer } from './resource-authorization-server.ts';

/** Far beyond an assertion and everything that goes with it. */
const bytesAtMost = 65_536;

/**
 * The server as one function over Web requests, for any runtime or framework that has them. Undefined means that the path
 * is none of the server's: the builder's own routes may answer.
 */
export function fetchHandler(
  server: ResourceAuthorizationServer,
): (request: Request, remoteAddress?: string) => Promise<Response | undefined> {
  const routes = server.routes();
  return async function answer(request, remoteAddress = '') {
    const { pathname, search } = new URL(request.url);
    const ofPath = routes.filter((route) => route.path === pathname);
    if (ofPath.length === 0) return undefined;
    const route = ofPath.find(({ method }) => method === '*' || method === request.method);
    if (route === undefined) return toResponse(refused('request/method'));

    const body = await readText(request);
    if (body === undefined) return toResponse(refused('request/too-large')); // LES-31
    const plain: PlainRequest = {
      method: request.method,
      path: pathname,
      query: search.slice(1),
      headers: plainHeaders(request.headers),
      body,
      remoteAddress,
    };
    const answered = await route.handler(plain);
    return answered === passOn ? undefined : toResponse(answered);
  };
}

/** Bytes are counted while they arrive, whatever length was announced. Undefined: too many, or not UTF-8. */
async function readText(request: Request): Promise<string | undefined> {
  if (request.body === null) return '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let received = 0;
  let text = '';
  try {
    for await (const chunk of request.body) {
      received += chunk.byteLength;
      if (received > bytesAtMost) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch {
    return undefined;
  }
}

function refused(code: 'request/method' | 'request/too-large'): PlainResponse {
  return refusalResponse(refuse(code).refusal, { id: newId('aud') });
}

function toResponse({ status, headers, body }: PlainResponse): Response {
  return new Response(body, { status, headers });
}
