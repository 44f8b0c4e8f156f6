import type { ClientAuth } from '../client-auth.ts';
import { createReach } from '../deps.ts';
import { type DpopOption, generateProofKeyPair, proofKeyFrom, requireProofKeyPair } from '../dpop.ts';
import type { CrossgrantClientOptions } from '../options.ts';
import { callUnmanaged } from './call.ts';
import type { UnmanagedDeps } from './deps.ts';

/** How a client proves itself to an authorization server that it knows beforehand. */
export interface UnmanagedRegistration {
  readonly clientId: string;
  readonly auth: ClientAuth;
}

/** The person consents in the browser, at whatever authorization server the resource names. */
export interface CodeGrant {
  readonly kind: 'code';
  readonly redirectUri: string;
  /** Shows the address to the person and answers with the address the browser came back to. */
  readonly authorize: (url: string) => Promise<string>;
  /** The address of the metadata document of this client, for servers that take one as client id. */
  readonly clientMetadataUrl?: string;
  /** What to call the client where it has to register itself. Left out: it does not. */
  readonly registerAs?: string;
}

/** A workload that trades an assertion of its platform. It is asked for once for each token and is not retried. */
export interface AssertionGrant {
  readonly kind: 'assertion';
  readonly assertion: (issuer: string) => Promise<string>;
}

export interface UnmanagedOptions
  extends Pick<
    CrossgrantClientOptions,
    'fetch' | 'development' | 'timeoutMs' | 'maxResponseBytes' | 'clock' | 'patience'
  > {
  readonly grant: CodeGrant | AssertionGrant | { readonly kind: 'client_credentials' };
  /** Registrations by issuer; they leave for no other. */
  readonly registrations?: Readonly<Record<string, UnmanagedRegistration>>;
  /** Asked for instead of what a resource names. */
  readonly scopes?: readonly string[];
  readonly dpop?: Exclude<DpopOption, { readonly keyOf: unknown }>;
}

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
