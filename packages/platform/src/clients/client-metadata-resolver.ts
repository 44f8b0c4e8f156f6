import {
  type ClientMetadataDocument,
  type ClientMetadataUrl,
  type Clock,
  clientMetadataBytes,
  ok,
  parseClientMetadataDocument,
  parseClientMetadataUrl,
  type Result,
  refuse,
} from '@crossgrant/protocol';
import { importJwks } from '@crossgrant/protocol/jws';
import { type IssuerKeys, pinnedIssuerKeys } from '../keys/issuer-keys.ts';
import { remoteIssuerKeys } from '../keys/remote-issuer-keys.ts';
import { OutboundFailure } from '../outbound/guarded-connect.ts';
import type { GuardedFetch } from '../outbound/guarded-fetch.ts';
import { createHostQuota } from './host-quota.ts';

/** A client as its own document describes it, with the keys that verify its assertions. */
export interface ResolvedClient extends ClientMetadataDocument {
  readonly assertionKeys: IssuerKeys | undefined;
}

/** The keys of a client are other ones than before: an administrator should know whether that was the client. */
export interface ClientKeysChanged {
  readonly clientId: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface ClientMetadataResolverOptions {
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  /** Allows documents at http URLs on loopback. */
  readonly development?: boolean;
  readonly onKeysChanged?: (change: ClientKeysChanged) => void;
  readonly onProblem?: (clientId: string, problem: string) => void;
}

/** Reads the documents of clients. Whether a client may be read at all is decided before: this makes requests. */
export interface ClientMetadataResolver {
  resolve(clientId: string): Promise<Result<ResolvedClient>>;
  /** How many documents are held. */
  readonly size: number;
}

interface Held {
  readonly client: ResolvedClient;
  readonly keyNames: readonly string[];
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

const minute = 60_000;
const day = 24 * 60 * minute;
const leastCacheMs = minute;
const mostHeld = 1_000;
const mostHeldPerHost = 20;

/**
 * The one guarded way to client metadata documents. One fetch at a time serves everybody who asks for the same client; a
 * document is kept for as long as its server says, from a minute to a day, and nothing else is kept. A host is asked a
 * bounded number of times a minute and holds a bounded number of documents. A host that cannot be reached leaves the last
 * good document for a day; one that answers otherwise takes it away at once.
 *
 * draft-ietf-oauth-client-id-metadata-document §4, §6.
 */
export function createClientMetadataResolver(options: ClientMetadataResolverOptions): ClientMetadataResolver {
  const { clock } = options;
  const held = new Map<string, Held>();
  const fetching = new Map<string, Promise<Result<ResolvedClient>>>();
  const quota = createHostQuota(clock);
  const urlOptions = { allowHttpLoopback: options.development === true };

  async function refresh(url: ClientMetadataUrl): Promise<Result<ResolvedClient>> {
    const before = held.get(url);
    const read = await readDocument(url, before?.client, options);
    if (read.kind === 'out-of-reach' && before !== undefined && clock() < before.fetchedAt + day)
      return ok(before.client);
    if (read.kind !== 'read') {
      held.delete(url); // CID-07
      options.onProblem?.(url, read.problem);
      return refuse('client/metadata', { problem: read.problem });
    }
    const now = clock();
    const entry = { ...read, fetchedAt: now, freshUntil: now + cacheMs(read.maxAgeSeconds) };
    report(before, entry, options);
    put(held, url, entry);
    return ok(read.client);
  }

  return {
    get size() {
      return held.size;
    },
    async resolve(clientId) {
      const url = parseClientMetadataUrl(clientId, urlOptions);
      if (!url.ok) return refuse('client/metadata', { problem: url.refusal.problem }); // CID-04
      const known = held.get(url.value);
      if (known !== undefined && clock() < known.freshUntil) return ok(known.client);
      const running = fetching.get(url.value);
      if (running !== undefined) return running; // LES-45
      if (!quota.take(new URL(url.value).host))
        return refuse('client/metadata', { problem: 'its host is asked too often' }); // LES-45
      const started = refresh(url.value).finally(() => fetching.delete(url.value));
      fetching.set(url.value, started);
      return started;
    },
  };
}

type Read =
  | {
      readonly kind: 'read';
      readonly client: ResolvedClient;
      readonly keyNames: readonly string[];
      readonly maxAgeSeconds: number;
    }
  | { readonly kind: 'wrong' | 'out-of-reach'; readonly problem: string };

async function readDocument(
  url: ClientMetadataUrl,
  before: ResolvedClient | undefined,
  options: ClientMetadataResolverOptions,
): Promise<Read> {
  try {
    const limits = { maxBytes: clientMetadataBytes, timeoutMs: 5_000 }; // CID-06
    const { status, headers, text } = await options.fetch(url, { ...limits, headers: { accept: 'application/json' } });
    if (status >= 500) return { kind: 'out-of-reach', problem: `its URL answered ${status}` };
    if (status !== 200) return { kind: 'wrong', problem: `its URL answered ${status}` }; // CID-05
    if (!isJson(headers['content-type']))
      return { kind: 'wrong', problem: 'its URL answered something else than JSON' }; // CID-05
    const document = parseClientMetadataDocument(text, url, { allowHttpLoopback: options.development === true });
    if (!document.ok) return { kind: 'wrong', problem: document.refusal.problem };
    return openKeys(document.value, before, options, maxAgeOf(headers['cache-control']));
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    const isPassing = error.problem === 'network' || error.problem === 'timeout';
    return { kind: isPassing ? 'out-of-reach' : 'wrong', problem: error.message }; // CID-05, CID-06
  }
}

function openKeys(
  document: ClientMetadataDocument,
  before: ResolvedClient | undefined,
  options: ClientMetadataResolverOptions,
  maxAgeSeconds: number,
): Read {
  const { keys, clientId } = document;
  if (keys === undefined)
    return { kind: 'read', client: { ...document, assertionKeys: undefined }, keyNames: [], maxAgeSeconds };
  if ('jwks' in keys) {
    const imported = importJwks(keys.jwks);
    if (imported.keys.length === 0) return { kind: 'wrong', problem: 'it holds no usable key' }; // CID-08
    const keyNames = imported.keys.map(({ jwk }) => jwk.kid ?? jwk.x ?? jwk.n ?? '');
    return {
      kind: 'read',
      client: { ...document, assertionKeys: pinnedIssuerKeys(keys.jwks) },
      keyNames,
      maxAgeSeconds,
    };
  }
  const isSame = before?.keys !== undefined && 'jwksUri' in before.keys && before.keys.jwksUri === keys.jwksUri;
  const assertionKeys =
    isSame && before.assertionKeys !== undefined ? before.assertionKeys : remoteKeys(clientId, keys, options);
  return { kind: 'read', client: { ...document, assertionKeys }, keyNames: [keys.jwksUri], maxAgeSeconds };
}

function remoteKeys(
  clientId: string,
  { jwksUri }: { readonly jwksUri: string },
  { fetch, clock, onKeysChanged, onProblem }: ClientMetadataResolverOptions,
): IssuerKeys {
  return remoteIssuerKeys({
    source: { jwksUri },
    fetch,
    clock,
    onAlert(alert) {
      if (alert.kind === 'keys-changed')
        onKeysChanged?.({ clientId, added: alert.added, removed: alert.removed }); // CID-09
      else onProblem?.(clientId, `its keys: ${alert.kind}`);
    },
  });
}

/** A change invalidates nothing by itself; what was removed is gone with this refresh, and somebody is told. */
function report(
  before: Held | undefined,
  after: Pick<Held, 'client' | 'keyNames'>,
  options: ClientMetadataResolverOptions,
): void {
  if (before === undefined) return;
  const added = after.keyNames.filter((name) => !before.keyNames.includes(name));
  const removed = before.keyNames.filter((name) => !after.keyNames.includes(name));
  if (added.length + removed.length > 0) options.onKeysChanged?.({ clientId: after.client.clientId, added, removed }); // CID-09, ATK-58
}

/** Makes room first where the host has its share, then where all have. */
function put(held: Map<string, Held>, url: string, entry: Held): void {
  held.delete(url);
  const { host } = new URL(url);
  const ofHost = [...held.keys()].filter((other) => new URL(other).host === host);
  if (ofHost.length >= mostHeldPerHost) held.delete(ofHost[0] ?? ''); // LES-45
  const oldest = held.size >= mostHeld ? held.keys().next().value : undefined;
  if (oldest !== undefined) held.delete(oldest); // LES-45
  held.set(url, entry);
}

function cacheMs(maxAgeSeconds: number): number {
  return Math.min(Math.max(maxAgeSeconds * 1_000, leastCacheMs), day); // CID-07
}

function maxAgeOf(cacheControl: string | undefined): number {
  return Number(/(?:^|[,\s])max-age=(\d{1,9})(?:$|[,\s])/i.exec(cacheControl ?? '')?.[1] ?? 0);
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? '');
}
