import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { Misuse, readBody } from '@crossgrant/platform';
import { type PlainResponse, plainHeaders } from '@crossgrant/protocol';
import type { RequestTarget } from './fetch.ts';

/** A request of `node:http` or `node:http2`, or what a framework made of one. */
export type NodeRequest = (IncomingMessage | Http2ServerRequest) & FrameworkRequest;
export type NodeResponse = ServerResponse | Http2ServerResponse;
export type NodeMiddleware = (req: NodeRequest, res: NodeResponse, next: (error?: unknown) => void) => void;

interface FrameworkRequest {
  /** What was asked for, where a router has shortened `url`. */
  readonly originalUrl?: string;
  /** Where the request comes from, by the framework's own rules about proxies. */
  readonly ip?: string;
  /** The bytes, where something in front has read them and kept them. */
  readonly rawBody?: unknown;
}

/** The parts of a Node request that are judged before its body is read. What was sent twice is seen as two. */
export function targetOf(req: NodeRequest): RequestTarget {
  const [path = '/', ...query] = (req.originalUrl ?? req.url ?? '/').split('?');
  const headers = plainHeaders(pairsOf(req.rawHeaders));
  return { headers, method: req.method ?? 'GET', path, query: query.join('?') };
}

function* pairsOf(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] ?? '', raw[at + 1] ?? ''];
}

/**
 * The bytes of the body as they were sent: from the socket, or as something in front has kept them. Whatever a parser made of
 * them does not count, since it may have hidden a parameter that was sent twice.
 */
export async function readRaw(req: NodeRequest, bytesAtMost: number): Promise<Uint8Array | undefined> {
  if (req.rawBody instanceof Uint8Array) return req.rawBody.length > bytesAtMost ? undefined : req.rawBody;
  if (req.readableDidRead) throw bodyIsGone(); // RED-01
  const reading = await readBody(req as IncomingMessage, bytesAtMost);
  return 'body' in reading ? reading.body : undefined;
}

function bodyIsGone(): Misuse {
  const advice = 'Mount it before them, or let them keep the bytes as rawBody (the option verify of the body parsers).';
  return new Misuse(
    'server/body-gone',
    `A body parser has read the request before the authorization server. ${advice}`,
  ); // RED-01
}

export function sendPlain(res: NodeResponse, { status, headers, body }: PlainResponse): void {
  (res as ServerResponse).writeHead(status, headers).end(body);
}

/** Whoever forwards this request upstream has no token to forward. */
export function withoutToken(req: NodeRequest): void {
  for (const headers of [req.headers, (req as IncomingMessage).headersDistinct]) delete headers?.authorization; // RSV-08, ATK-61
  const raw = req.rawHeaders;
  for (let at = raw.length - 2; at >= 0; at -= 2) if (raw[at]?.toLowerCase() === 'authorization') raw.splice(at, 2); // RSV-08, ATK-61
}
