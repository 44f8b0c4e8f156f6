import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { DpopProof } from '@crossgrant/protocol/jws';

const addressKey = Symbol('address');
const provenClientKey = Symbol('proven client');
const proofKey = Symbol('proof of possession');

export interface EdgeOptions {
  readonly issuer: string;
  readonly address: string;
  /** The client that proved itself at the edge. */
  readonly client?: string;
  /** The proof of possession that was verified at the edge. */
  readonly proof?: DpopProof;
}

/**
 * The request as oidc-provider sees it: the body as a stream of its own, addressed at the issuer whatever Host, target
 * form and forwarded headers the caller sent. Every link it makes then comes from the configured issuer.
 */
export function requestForProvider(request: IncomingMessage, body: Buffer, options: EdgeOptions): IncomingMessage {
  const issuer = new URL(options.issuer);
  const mountPath = issuer.pathname.replace(/\/$/, '');
  const headers: IncomingMessage['headers'] = {};
  for (const [name, value] of Object.entries(request.headers)) if (!isForwarding(name)) headers[name] = value;
  headers.host = issuer.host; // LES-13
  if (options.proof === undefined) delete headers.dpop;
  headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
  if (headers['content-length'] !== undefined) headers['content-length'] = String(body.length);

  const replay = new Readable({ read() {} });
  if (body.length > 0) replay.push(body);
  replay.push(null);
  return Object.assign(replay, {
    method: request.method,
    url: withoutMount(targetOf(request), mountPath),
    baseUrl: mountPath,
    headers,
    rawHeaders: request.rawHeaders,
    httpVersion: request.httpVersion,
    httpVersionMajor: request.httpVersionMajor,
    httpVersionMinor: request.httpVersionMinor,
    socket: request.socket,
    complete: true,
    [addressKey]: options.address,
    [provenClientKey]: options.client,
    [proofKey]: options.proof,
  }) as unknown as IncomingMessage;
}

/** Where the request came from, as the edge judged it. */
export function addressOf(request: unknown): string | undefined {
  return (request as { [addressKey]?: string })[addressKey];
}

/** The client that proved itself before oidc-provider saw the request; nothing a caller sends can name one. */
export function provenClientOf(request: unknown): string | undefined {
  return (request as { [provenClientKey]?: string })[provenClientKey];
}

/** The proof of possession of this request, verified before oidc-provider saw it. */
export function proofOf(request: unknown): DpopProof | undefined {
  return (request as { [proofKey]?: DpopProof } | undefined)?.[proofKey];
}

/** Path and query below the issuer's path; undefined for a path that is not below it. */
export function pathBelowIssuer(request: IncomingMessage, issuer: string): string | undefined {
  const target = targetOf(request);
  const mountPath = new URL(issuer).pathname.replace(/\/$/, '');
  return target.startsWith(`${mountPath}/`) ? withoutMount(target, mountPath) : undefined; // LES-69
}

/** The headers as they came, name and value. */
export function* headerPairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let at = 0; at + 1 < raw.length; at += 2) yield [raw[at] ?? '', raw[at + 1] ?? ''];
}

/** An authorization request that names no scope asks for the plain sign-on. RFC 6749 §3.3. */
export function withDefaultScope(target: string): string {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const hasScope = (new URLSearchParams(query).get('scope') ?? '') !== '';
  return path !== '/authorize' || hasScope ? target : `${path}?${query}${query === '' ? '' : '&'}scope=openid`;
}

const maximumBodyBytes = 56 * 1024;

/** Reads a body nobody has read yet; undefined when it is too large. */
export async function readWholeBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A proxy may send the whole URL; only its path and query count. */
function targetOf(request: IncomingMessage): string {
  const url = request.url ?? '/';
  if (url.startsWith('/')) return url;
  const parsed = URL.parse(url);
  return parsed === null ? '/' : `${parsed.pathname}${parsed.search}`;
}

function withoutMount(target: string, mountPath: string): string {
  if (mountPath === '' || !target.startsWith(mountPath)) return target;
  const rest = target.slice(mountPath.length);
  return rest.startsWith('/') ? rest : target;
}

function isForwarding(name: string): boolean {
  return name === 'forwarded' || name.startsWith('x-forwarded-');
}
