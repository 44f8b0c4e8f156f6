import { createReach } from '../deps.ts';
import { generateProofKeyPair, proofKeyFrom, requireProofKeyPair } from '../dpop.ts';
import { callUnmanaged } from './call.ts';
import type { UnmanagedDeps } from './deps.ts';
import type { UnmanagedOptions } from './options.ts';

/** A client of one person or one workload. */
export interface UnmanagedClient {
  /** Like `fetch`, with a token attached and refusals handled. `resource` names what the address belongs to. */
  fetch(url: string | URL, init?: RequestInit, options?: { readonly resource?: string }): Promise<Response>;
}

/**
 * A client for resources that no enterprise manages: it follows the resource to its authorization server and lets the
 * person consent there, or uses credentials of its own. Nothing of a managed client ever turns into one of these; an
 * application decides for it, resource by resource.
 *
 * MCP 2026-07-28 authorization; RFC 6749 §4.1, §4.4; RFC 7523 §2.1; RFC 7591; RFC 9449.
 */
export function createUnmanagedClient(options: UnmanagedOptions): UnmanagedClient {
  const { dpop = false } = options;
  requireProofKeyPair(dpop);
  const deps: UnmanagedDeps = {
    ...createReach(options),
    idp: { issuer: '' },
    memory: { servers: new Map() },
    grant: options.grant,
    registrations: new Map(Object.entries(options.registrations ?? {})),
    scopes: options.scopes,
    known: new Map(),
    registered: new Map(),
    flights: new Map(),
    key: dpop === false ? undefined : keyFor(options, dpop),
  };
  return {
    fetch: (url, init, callOptions) => callUnmanaged(deps, String(url), init ?? {}, callOptions ?? {}),
  };
}

async function keyFor(options: UnmanagedOptions, dpop: Exclude<UnmanagedOptions['dpop'], undefined>) {
  const keyPair = typeof dpop === 'object' ? dpop.keyPair : await generateProofKeyPair();
  return proofKeyFrom({ clock: options.clock ?? Date.now }, keyPair);
}
