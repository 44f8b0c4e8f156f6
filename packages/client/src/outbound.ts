import { isAllowedAddress } from './address.ts';
import { CrossgrantError, type Stage } from './errors.ts';
import { withoutQuery } from './oauth-error.ts';

export type FetchLike = (url: string, init?: RequestInit) => Promise<Response>;

/** The only ways out of the client. */
export interface Outbound {
  /** For metadata, keys and tokens: the whole answer is read, within limits of time and size. */
  send(stage: Stage, url: string, init: RequestInit): Promise<Response>;
  /** For calls of the resource: the answer may be a stream, so neither its time nor its size is bounded. */
  stream(url: string, init: RequestInit): Promise<Response>;
}

export interface OutboundOptions {
  readonly fetch: FetchLike;
  readonly development: boolean;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** RFC 8414 §6.2, RFC 9700 §4.12: https only, no redirects, bounded in time and size. */
export function createOutbound(options: OutboundOptions): Outbound {
  return {
    send: (stage, url, init) => sendBounded(options, stage, url, init),
    stream: (url, init) => sendUnbounded(options, 'call', url, init),
  };
}

async function sendBounded(options: OutboundOptions, stage: Stage, url: string, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  try {
    const response = await sendUnbounded(options, stage, url, { ...init, signal });
    return await readWhole(response, options.maxBytes, stage, url);
  } catch (error) {
    if (timeout.aborted) throw new CrossgrantError('request_timeout', stage, { cause: { url: withoutQuery(url) } }); // CLI-11
    throw error;
  }
}

async function sendUnbounded(
  options: OutboundOptions,
  stage: Stage,
  url: string,
  init: RequestInit,
): Promise<Response> {
  if (!isAllowedAddress(url, options.development)) throw refusedAddress(stage, url); // CLI-11
  const response = await attempt(options.fetch, stage, url, { ...init, redirect: 'manual' });
  if (isRedirect(response)) throw await refusedRedirect(response, stage, url); // CLI-11
  return response;
}

/** A failed fetch says too little, and its text may hold the address with its query; only the cause goes on. */
async function attempt(fetch: FetchLike, stage: Stage, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new CrossgrantError('network_failed', stage, { cause: { url: withoutQuery(url), reason: reasonOf(error) } });
  }
}

async function readWhole(response: Response, maxBytes: number, stage: Stage, url: string): Promise<Response> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > maxBytes) throw await tooLarge(reader, stage, url); // CLI-11
    chunks.push(part.value);
  }
  const hasBody = response.status !== 204 && response.status !== 304;
  return new Response(hasBody ? new Blob(chunks) : null, { status: response.status, headers: response.headers });
}

/** A browser shows a redirect that was not followed as an opaque response. */
function isRedirect(response: Response): boolean {
  return (
    response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400 && response.status !== 304)
  );
}

async function refusedRedirect(response: Response, stage: Stage, url: string): Promise<CrossgrantError> {
  await response.body?.cancel();
  return new CrossgrantError('redirect_refused', stage, { cause: { url: withoutQuery(url), status: response.status } });
}

function refusedAddress(stage: Stage, url: string): CrossgrantError {
  return new CrossgrantError('address_refused', stage, { cause: { url: withoutQuery(url) } });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : 'unknown';
}

async function tooLarge(
  reader: { cancel(): Promise<void> } | undefined,
  stage: Stage,
  url: string,
): Promise<CrossgrantError> {
  await reader?.cancel();
  return new CrossgrantError('response_too_large', stage, { cause: { url: withoutQuery(url) } });
}
