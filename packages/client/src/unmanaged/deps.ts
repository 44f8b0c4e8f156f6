import type { ServerDeps } from '../deps.ts';
import type { ProofKey } from '../dpop.ts';
import type { Credentials } from '../options.ts';
import type { UnmanagedOptions, UnmanagedRegistration } from './options.ts';

/** What the functions of an unmanaged client need, and what it remembers. */
export interface UnmanagedDeps extends ServerDeps {
  readonly grant: UnmanagedOptions['grant'];
  readonly registrations: ReadonlyMap<string, UnmanagedRegistration>;
  readonly scopes: readonly string[] | undefined;
  readonly key: Promise<ProofKey> | undefined;
  /** By resource. */
  readonly known: Map<string, KnownResource>;
  /** What servers answered to a registration, by issuer. */
  readonly registered: Map<string, Promise<Credentials>>;
  readonly flights: Map<string, Promise<unknown>>;
}

export interface KnownResource {
  token: UnmanagedToken | undefined;
  /** What the resource turned out to need. */
  needed: readonly string[];
}

export interface UnmanagedToken {
  readonly value: string;
  readonly tokenType: 'Bearer' | 'DPoP';
  readonly issuer: string;
  readonly askedScopes: readonly string[] | undefined;
  /** From here on another is fetched before the next use. Milliseconds since the epoch. */
  readonly renewAt: number;
  readonly refreshToken: string | undefined;
}
