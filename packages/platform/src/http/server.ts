import { isUtf8 } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  faultResponse,
  newId,
  type PlainRequest,
  type PlainResponse,
  plainHeaders,
  type RefusalCode,
  refusalResponse,
  refuse,
} from '@crossgrant/protocol';
import { isStoreFault } from '../database/store-fault.ts';
import { KeysUnavailable, Misuse } from '../errors.ts';
import type { Logger } from '../log/log.ts';
import { type AddressRange, parseAddress } from '../outbound/address.ts';
import { readBody } from './read-body.ts';
import { parseRanges, remoteAddress } from './remote-address.ts';
import { createRouter, type Fallback, passOn, type Route } from './routes.ts';
import { writeResponse } from './write-response.ts';

export interface ServerOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly routes: readonly Route[];
  /** Takes what no route serves, and what a handler passes on, together with the bytes of the body. */
  readonly fallback?: Fallback;
  /** Exact Host values; anything else is answered 421. */
  readonly allowedHosts?: readonly string[];
  readonly log: Logger;
  /** Addresses or ranges whose X-Forwarded-For counts. */
  readonly trustedProxies?: readonly string[];
  /** The public issuer; https turns on Strict-Transport-Security. */
  readonly issuer?: string;
  /** How long one request may take to arrive. */
  readonly requestTimeoutMs?: number;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets running requests end for a few seconds, then cuts the rest. */
  close(): Promise<void>;
}

const defaultMaxBytes = 65_536;

/** Starts the HTTP edge: hosts, paths, limits and faults are dealt with here, once, before any handler runs. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, port } = parseListen(options.listen);
  const requestTimeout = options.requestTimeoutMs ?? 10_000;
  const settings = {
    requestTimeout,
    headersTimeout: Math.min(requestTimeout, 5_000),
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: Math.min(1_000, requestTimeout),
  };
  const server = createServer(settings, createListener(options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${actualPort}`, port: actualPort, close: () => closeGracefully(server) };
}

function createListener(options: ServerOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { log, fallback } = options;
  const find = createRouter(options.routes);
  const hosts =
    options.allowedHosts === undefined ? undefined : new Set(options.allowedHosts.map((host) => host.toLowerCase()));
  const proxies = parseRanges(options.trustedProxies ?? [], 'trustedProxies');
  const edgeHeaders: Record<string, string> = { 'x-content-type-options': 'nosniff' };
  if (options.issuer?.startsWith('https://') === true)
    edgeHeaders['strict-transport-security'] = 'max-age=31536000; includeSubDomains'; // BCP-05

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<PlainResponse | undefined> {
    if (hosts !== undefined && !hosts.has((request.headers.host ?? '').toLowerCase())) return refusal('request/host'); // LES-70
    const target = parseTarget(request.url ?? '');
    if (target === undefined) return refusal('request/not-found'); // LES-69
    const found = find(target.path, request.method ?? '');
    if (found.kind === 'method') return withHeader(refusal('request/method'), 'allow', found.allow);
    if (found.kind === 'none' && fallback === undefined) return refusal('request/not-found');

    const route = found.kind === 'route' ? found.route : undefined;
    const reading = await readBody(request, route?.maxBytes ?? defaultMaxBytes);
    if ('problem' in reading) {
      if (reading.problem === 'aborted') return undefined;
      return withHeader(refusal('request/too-large'), 'connection', 'close');
    }
    if (route !== undefined) {
      const plain = plainRequest(request, target, reading.body, proxies);
      if (plain === undefined) return refusal('request/malformed-form');
      const answered = await route.handler(plain);
      if (answered !== passOn) return answered;
    }
    if (fallback === undefined) return refusal('request/not-found');
    for (const [name, value] of Object.entries(edgeHeaders)) response.setHeader(name, value);
    await fallback(request, response, reading.body);
    return undefined;
  }

  return (request, response) => {
    response.on('error', () => undefined);
    answer(request, response)
      .then((answered) => {
        if (answered !== undefined) writeResponse(response, answered, request.method !== 'HEAD', edgeHeaders);
      })
      .catch((error: unknown) => failWith(error, request, response, { log, edgeHeaders }));
  };
}

/** A fault: the caller learns an id, the log learns the rest. */
function failWith(
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  { log, edgeHeaders }: { log: Logger; edgeHeaders: Readonly<Record<string, string>> },
): void {
  const id = newId('aud');
  const isUnavailable = isStoreFault(error) || error instanceof KeysUnavailable;
  log.error({ err: error, id, method: request.method, path: (request.url ?? '').split('?')[0] }, 'a request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const fault = faultResponse(isUnavailable ? 'temporarily_unavailable' : 'server_error', id);
  writeResponse(response, fault, request.method !== 'HEAD', edgeHeaders);
}

interface Target {
  readonly path: string;
  readonly query: string;
}

/** Reads the request target once. Forms that another reader could take for a different path are not served at all. */
function parseTarget(url: string): Target | undefined {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  if (!plainPath.test(path)) return undefined; // LES-69
  if (ambiguousPath.test(path)) return undefined; // LES-69
  return { path, query: mark < 0 ? '' : url.slice(mark + 1) };
}

const plainPath = /^\/(?!\/)(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2}|\/(?!\/))*$/;
const ambiguousPath = /\/(?:\.|%2e){1,2}(?:\/|$)|%2f|%5c|%00/i;

function plainRequest(
  request: IncomingMessage,
  target: Target,
  body: Buffer,
  proxies: readonly AddressRange[],
): PlainRequest | undefined {
  if (!isUtf8(body)) return undefined; // ATK-46
  const headers = plainHeaders(headerPairs(request.rawHeaders));
  const from = remoteAddress(request.socket.remoteAddress, headers.all('x-forwarded-for'), proxies);
  return {
    method: request.method ?? '',
    path: target.path,
    query: target.query,
    headers,
    body: body.toString('utf8'),
    remoteAddress: from,
  };
}

function* headerPairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) yield [raw[index] ?? '', raw[index + 1] ?? ''];
}

function refusal(code: RefusalCode): PlainResponse {
  return refusalResponse(refuse(code).refusal, { id: newId('aud') });
}

function withHeader(response: PlainResponse, name: string, value: string): PlainResponse {
  return { ...response, headers: { ...response.headers, [name]: value } };
}

function parseListen(listen: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  const isOddNumber = host !== undefined && /^(?:[\d.]+|0x[\da-f.x]*)$/i.test(host) && parseAddress(host) === undefined;
  if (host === undefined || isOddNumber || port > 65_535) {
    throw new Misuse(
      'server/listen',
      `listen must be host:port, for example 127.0.0.1:4701; ${JSON.stringify(listen)} is not.`,
    );
  }
  return { host, port };
}

function closeGracefully(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), 5_000);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
