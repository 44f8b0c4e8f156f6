import { ok, type PlainResponse, plainHeaders, type Result, refuse } from '@crossgrant/protocol';
import type { BearerRequest } from '../middleware/bearer-header.ts';

const maximumBytes = 1_048_576;

/** The parts of a Web request that the gate reads. */
export function bearerRequestOf(request: Request): BearerRequest & { readonly method: string; readonly path: string } {
  const { pathname, search } = new URL(request.url);
  return { headers: plainHeaders(request.headers), method: request.method, path: pathname, query: search };
}

export function responseOf(plain: PlainResponse): Response {
  return new Response(plain.body, { status: plain.status, headers: plain.headers });
}

/** The body as text, its bytes counted while they arrive. */
export async function readText(request: Request): Promise<Result<string>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;

  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maximumBytes) return refuse('request/too-large'); // LES-31
    chunks.push(chunk);
  }
  return ok(Buffer.concat(chunks).toString('utf8'));
}

/**
 * The same request without its token: whoever forwards it upstream has none to forward. A body that was read is given again, as
 * the text that was judged.
 */
export function withoutToken(request: Request, body?: string): Request {
  const headers = new Headers(request.headers);
  headers.delete('authorization'); // RSV-08, ATK-61
  if (body === undefined) return new Request(request, { headers });
  headers.delete('content-length');
  return new Request(request.url, { method: request.method, headers, body, signal: request.signal });
}
