import type { Clock } from '@crossgrant/protocol';
import { randomText } from './client-auth.ts';
import type { DpopOption } from './dpop.ts';
import { type ClientMemory, createMemory } from './memory.ts';
import {
  type Credentials,
  type CrossgrantClientOptions,
  checkOptions,
  type ResourceServerCredentials,
  type Warning,
} from './options.ts';
import { createOutbound, type Outbound } from './outbound.ts';
import type { Patience } from './patience.ts';
import type { RecoveryOptions } from './recovery-options.ts';
import { createMemorySessions, type SessionStore } from './sessions.ts';
import type { SigningOn } from './sign-on/request.ts';

/** What it takes to talk to servers: enough for discovery, token endpoints and calls. */
export interface ServerDeps {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly development: boolean;
  /** The metadata of the identity provider is also looked for where OpenID providers have it. */
  readonly idp: { readonly issuer: string };
  readonly memory: Pick<ClientMemory, 'servers'>;
}

/** What the functions of the client need from outside, made once by `createCrossgrantClient`. */
export interface ClientDeps extends ServerDeps {
  readonly idp: Credentials;
  readonly resourceServers: ReadonlyMap<string, ResourceServerCredentials>;
  readonly sessions: SessionStore;
  readonly dpop: DpopOption;
  /** Whether sign-on and refresh carry proofs too. */
  readonly provesAtSignOn: boolean;
  readonly subject: 'id_token' | 'refresh_token';
  /** What the application allows for every request; a request may say otherwise. */
  readonly recovery: RecoveryOptions;
  /** Names this client among the processes that share a store. */
  readonly self: string;
  readonly client: () => SigningOn;
  readonly memory: ClientMemory;
  readonly warn: (warning: Warning) => void;
}

/** Checks the options and fills in what was left out. */
export function createDeps(options: CrossgrantClientOptions, client: () => SigningOn): ClientDeps {
  const { idp, resourceServers } = checkOptions(options);
  return {
    idp,
    resourceServers,
    ...createReach(options),
    sessions: options.sessions ?? createMemorySessions(),
    dpop: options.dpop ?? false,
    provesAtSignOn: options.idp.dpop === true,
    subject: options.idp.subject ?? 'id_token',
    recovery: { signOnAgain: options.signOnAgain, reduceScopes: options.reduceScopes },
    self: randomText(),
    client,
    memory: createMemory(),
    warn: options.onWarning ?? (() => undefined),
  };
}

/** How the servers are reached, from the options that both kinds of clients share. */
export function createReach(
  options: Pick<
    CrossgrantClientOptions,
    'fetch' | 'development' | 'timeoutMs' | 'maxResponseBytes' | 'clock' | 'patience'
  >,
): Pick<ServerDeps, 'outbound' | 'clock' | 'patience' | 'development'> {
  const development = options.development === true;
  return {
    development,
    outbound: createOutbound({
      fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
      development,
      timeoutMs: options.timeoutMs ?? 10_000,
      maxBytes: options.maxResponseBytes ?? 262_144, // a metadata document or key set is a hundredth of that
    }),
    clock: options.clock ?? Date.now,
    patience: {
      attempts: 3,
      maxWaitMs: 10_000,
      random: Math.random,
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      ...options.patience,
    },
  };
}
