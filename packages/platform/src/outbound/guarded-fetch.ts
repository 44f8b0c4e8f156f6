import { Agent, request as send } from 'undici';
import { parseRanges } from '../http/remote-address.ts';
import { guardedConnector, OutboundFailure, type Resolve, resolveBySystem } from './guarded-connect.ts';

export interface GuardedRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
}

export interface GuardedResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
  /** The address that was checked and connected to. */
  readonly finalAddress: string;
}

export type GuardedFetch = (url: string, init?: GuardedRequest) => Promise<GuardedResponse>;

export interface GuardedFetchOptions {
  /** Allows loopback addresses, also over http. */
  readonly development?: boolean;
  /** Private ranges that may be reached over https, opened by the operator. */
  readonly allowedRanges?: readonly string[];
  readonly resolve?: Resolve;
  readonly certificateAuthorities?: readonly string[];
}

const defaultMaxBytes = 262_144;
const defaultTimeoutMs = 5_000;

/**
 * The one way to other parties' servers. https only, to addresses the Internet may reach; no redirects, no decompression,
 * no proxy from the environment, no connection kept for later; size and time are bounded. Each request resolves, checks
 * and connects anew. Failures are OutboundFailure.
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const isDevelopment = options.development === true;
  const allowedRanges = parseRanges(options.allowedRanges ?? [], 'allowedRanges');
  const { resolve = resolveBySystem, certificateAuthorities } = options;

  return async (url, init = {}) => {
    const target = checkUrl(url, isDevelopment);
    const timeoutMs = init.timeoutMs ?? defaultTimeoutMs;
    let finalAddress = '';
    const policy = { isDevelopment, allowedRanges, resolve, certificateAuthorities, timeoutMs };
    const connect = guardedConnector(policy, (address) => {
      finalAddress = address;
    });
    const agent = new Agent({ connect, pipelining: 0, allowH2: false, maxHeaderSize: 16_384 });
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const answer = await exchange(target, init, agent, signal);
      return { ...answer, finalAddress };
    } catch (error) {
      throw asFailure(error, signal, target);
    } finally {
      agent.destroy().catch(() => undefined);
    }
  };
}

async function exchange(
  target: URL,
  init: GuardedRequest,
  agent: Agent,
  signal: AbortSignal,
): Promise<Omit<GuardedResponse, 'finalAddress'>> {
  const {
    statusCode: status,
    headers,
    body,
  } = await send(target, {
    dispatcher: agent,
    method: (init.method ?? 'GET') as 'GET',
    headers: {
      'user-agent': 'crossgrant',
      ...lowerCased(init.headers),
      'accept-encoding': 'identity', // LES-43
    },
    body: init.body,
    signal,
  });
  body.on('error', () => undefined);
  const isRedirect = status >= 300 && status < 400;
  if (isRedirect) throw new OutboundFailure('redirect', `${target.host} redirects with ${status}`); // KEY-03, LES-43
  const isEncoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
  if (isEncoded) throw new OutboundFailure('encoding', `${target.host} sent an encoded body unasked`); // LES-43
  return {
    status,
    headers: flattened(headers),
    text: await readBounded(body, init.maxBytes ?? defaultMaxBytes, target),
  };
}

async function readBounded(body: AsyncIterable<Buffer>, maxBytes: number, target: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > maxBytes) throw new OutboundFailure('too-large', `${target.host} sent too much`); // KEY-03, CID-06
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function checkUrl(text: string, isDevelopment: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new OutboundFailure('url', 'the URL cannot be read');
  if (url.username !== '' || url.password !== '') throw new OutboundFailure('url', 'the URL holds credentials');
  const isAllowed = url.protocol === 'https:' || (isDevelopment && url.protocol === 'http:');
  if (!isAllowed) throw new OutboundFailure('url', `${url.protocol} is not allowed; use https`); // KEY-03, BCP-05
  return url;
}

function asFailure(error: unknown, signal: AbortSignal, target: URL): OutboundFailure {
  if (error instanceof OutboundFailure) return error;
  if (signal.aborted) return new OutboundFailure('timeout', `${target.host} took too long`, error);
  return new OutboundFailure('network', `${target.host} could not be asked`, error);
}

function lowerCased(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function flattened(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
