import type { JSONWebKeySet } from 'jose';
import type { AuthorizationServer, Target } from './discovery/target.ts';
import type { ProofKey } from './dpop.ts';
import type { ScopeDifference } from './scope-choice.ts';
import type { Session } from './sessions.ts';

/** What one client remembers while it lives. Access tokens are here and nowhere else. */
export interface ClientMemory {
  readonly servers: Map<string, { readonly server: Promise<AuthorizationServer>; readonly until: number }>;
  readonly targets: Map<string, KnownTarget>;
  /** Which issuer a resource named first. */
  readonly pinnedIssuers: Map<string, string>;
  readonly sessions: Map<string, SessionMemory>;
  /** The last write to the store that was asked for, by session, until it is done. */
  readonly writes: Map<string, Promise<unknown>>;
  /** Set when the identity provider turned out not to take refresh tokens as subject. */
  refreshTokensRefused: boolean;
  /** The published keys of the identity provider. */
  idpKeys: { readonly keys: JSONWebKeySet; readonly readAt: number } | undefined;
  /** The logout tokens that were taken, and until when they are remembered, in seconds since the epoch. */
  readonly seenLogouts: Map<string, number>;
}

/** An access token for one resource, and how it differs from what was asked. */
export interface AccessToken {
  readonly value: string;
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly resource: string;
  readonly issuer: string;
  /** What was granted, as far as the servers told. */
  readonly scopes: readonly string[] | undefined;
  readonly askedScopes: readonly string[] | undefined;
  readonly scopeDifference: ScopeDifference;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly renewAt: number;
}

/** A resource that was discovered. After `until` it is asked again, where it was found the last time. */
export interface KnownTarget {
  readonly target: Target;
  readonly until: number;
  readonly pointedAt: string | undefined;
}

/** What belongs to one session, dropped as a whole. */
export interface SessionMemory {
  /** Set when the session ended; work under way then yields nothing. */
  dropped: boolean;
  /** Set when the session was ended by a sign-out, and not for having vanished from the store. */
  signedOut: boolean;
  /** The key that the tokens of the session are bound to. It ends with the session. */
  proofKey: Promise<ProofKey> | undefined;
  readonly tokens: Map<string, AccessToken>;
  readonly flights: Map<string, Promise<unknown>>;
  /** Scopes that the challenge of a resource named, and scopes that a call turned out to need, by resource. */
  readonly challengedScopes: Map<string, readonly string[]>;
  readonly neededScopes: Map<string, readonly string[]>;
  readonly spentRefreshTokens: Set<string>;
  /** The sign-on that the person was asked for and has not finished yet. */
  signingOn: { readonly demand: string; readonly done: Promise<unknown> } | undefined;
  /** A session that the store could not take yet, and the one it takes the place of. */
  unsaved: { readonly before: Session; readonly next: Session } | undefined;
}

export function createMemory(): ClientMemory {
  return {
    servers: new Map(),
    targets: new Map(),
    pinnedIssuers: new Map(),
    sessions: new Map(),
    writes: new Map(),
    refreshTokensRefused: false,
    idpKeys: undefined,
    seenLogouts: new Map(),
  };
}

export function memoryOf(memory: ClientMemory, sessionId: string): SessionMemory {
  const known = memory.sessions.get(sessionId);
  if (known !== undefined) return known;
  const fresh: SessionMemory = {
    dropped: false,
    signedOut: false,
    proofKey: undefined,
    tokens: new Map(),
    flights: new Map(),
    challengedScopes: new Map(),
    neededScopes: new Map(),
    spentRefreshTokens: new Set(),
    signingOn: undefined,
    unsaved: undefined,
  };
  memory.sessions.set(sessionId, fresh); // DEL-01
  return fresh;
}

/** Forgets everything of a session, and marks it so that answers that arrive later are not kept. */
export function forgetMemory(memory: ClientMemory, sessionId: string): void {
  const known = memory.sessions.get(sessionId);
  if (known !== undefined) known.dropped = true; // CLI-09
  memory.sessions.delete(sessionId); // CLI-09
}

/** The same at sign-out, which a sign-on that is under way respects. */
export function endMemory(memory: ClientMemory, sessionId: string): void {
  const known = memory.sessions.get(sessionId);
  if (known !== undefined) known.signedOut = true; // CLI-09
  forgetMemory(memory, sessionId); // CLI-09
}

/** Joins callers that want the same thing at the same time. */
export function singleFlight<T>(
  flights: Map<string, Promise<unknown>>,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const running = flights.get(key) as Promise<T> | undefined;
  if (running !== undefined) return running; // CLI-06
  const flight = work().finally(() => flights.delete(key));
  flights.set(key, flight);
  return flight;
}
