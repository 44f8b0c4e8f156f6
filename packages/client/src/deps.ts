import type { Clock } from '@crossgrant/protocol';
import type { ClientMemory } from './memory.ts';
import type { Credentials, ResourceServerCredentials, Warning } from './options.ts';
import type { Outbound } from './outbound.ts';
import type { Patience } from './patience.ts';
import type { SessionStore } from './sessions.ts';

/** What the functions of the client need from outside, made once by `createCrossgrantClient`. */
export interface ClientDeps {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly development: boolean;
  readonly idp: Credentials;
  readonly resourceServers: ReadonlyMap<string, ResourceServerCredentials>;
  readonly sessions: SessionStore;
  readonly memory: ClientMemory;
  readonly warn: (warning: Warning) => void;
}
