import { ok, type PlainHeaders, type PlainResponse, plainHeaders, type Result, refuse } from '@crossgrant/protocol';

/** Longest body of a message to an MCP server. */
export const messageBytesAtMost = 1_048_576;

export interface RequestTarget {
  readonly headers: PlainHeaders;
  readonly method: string;
  readonly path: string;
  /** The query string, without `?`. */
  readonly query: string;
}

/** The parts of a Web request that are judged before its body is read. */
export function targetOf(request: Request): RequestTarget {
  const { pathname, search } = new URL(request.url);
  return { headers: headersOf(request.headers), method: request.method, path: pathname, query: search.slice(1) };
}

/** Web headers join what was sent twice. A proof holds no comma, so that two of them are seen as two. */
function headersOf(headers: Headers): PlainHeaders {
  return plainHeaders(
    [...headers].flatMap(([name, value]) =>
      name === 'dpop' ? value.split(',').map((proof) => [name, proof.trim()] as const) : [[name, value] as const],
    ),
  );
}

export function responseOf(plain: PlainResponse): Response {
  return new Response(plain.body, { status: plain.status, headers: plain.headers });
}

/** The body, its bytes counted while they arrive, whatever length was announced. Undefined: more than that. */
export async function readBytes(
  body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | null,
  bytesAtMost: number,
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;

  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bytesAtMost) return undefined; // LES-31
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body of a message as text. */
export async function readText(request: Request): Promise<Result<string>> {
  const bytes = await readBytes(request.body, messageBytesAtMost);
  return bytes === undefined ? refuse('request/too-large') : ok(bytes.toString('utf8')); // LES-31
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
