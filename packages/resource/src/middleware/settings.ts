import {
  createGuardedFetch,
  type GuardedFetch,
  type IssuerKeys,
  Misuse,
  pinnedIssuerKeys,
  remoteIssuerKeys,
} from '@crossgrant/platform';
import {
  type Clock,
  dpopAlgorithms,
  isScopeToken,
  limits,
  needsProblem,
  parseIssuerUrl,
  parseResourceIdentifier,
} from '@crossgrant/protocol';
import { importJwks, isSignatureAlgorithm, type SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { AuthInfo } from './auth-info.ts';
import type { OperationScopes } from './authorize-message.ts';
import type { ProofUses } from './proof-uses.ts';
import type { ScopeHierarchy } from './scope-hierarchy.ts';

export interface IntrospectionOptions {
  readonly endpoint: string;
  /** The resource server's own identifier at the authorization server; by default its resource identifier. */
  readonly clientId?: string;
  readonly secret: string;
  /** How long an answer counts, 0 to 30 seconds. */
  readonly cacheSeconds?: number;
}

/** What a resource server reports about each request, for logs. Never a token. */
export interface ResourceServerEvent {
  readonly outcome: 'allow' | 'refused' | 'fault';
  /** The id in the response, where there is one. */
  readonly id?: string;
  readonly code?: string;
  readonly detail?: unknown;
  /** Joins this record with those of the authorization server and the identity provider. */
  readonly jti?: string;
  readonly subject?: string;
  readonly clientId?: string;
  readonly operations?: readonly { readonly method: string; readonly name: string | undefined }[];
  readonly error?: unknown;
}

/** How proofs of possession are taken. Without these, tokens may be bound or not, and each says which it is. */
export interface ResourceDpopOptions {
  /** Refuses tokens that are not bound to a key. */
  readonly required?: boolean;
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Asks for nonces, made with this key: 32 random bytes, the same in every process of this resource. */
  readonly nonceKey?: Uint8Array;
  /**
   * Remembers which proofs were used. The default is a memory of this process: where several serve the resource, a proof
   * counts once in each of them, within the two minutes it lives. Share a store, an SQL store of `@crossgrant/resource` for
   * instance, to have it count once in all.
   */
  readonly uses?: ProofUses;
  /** What stands in front of the path as this process sees it, where a proxy takes a prefix away: `/v1`. */
  readonly mountPath?: string;
}

export interface ResourceServerOptions extends OperationScopes {
  readonly resource: string;
  readonly authorizationServer: string;
  readonly scopesSupported: readonly string[];
  /** A key source, a pinned JWKS, or nothing: then the keys are found through the authorization server's metadata. */
  readonly keys?: IssuerKeys | { readonly keys: readonly unknown[] };
  readonly algorithms?: readonly SignatureAlgorithm[];
  readonly introspection?: IntrospectionOptions;
  readonly dpop?: ResourceDpopOptions;
  readonly scopeHierarchy?: ScopeHierarchy;
  /** Scopes that the first challenge names; by default all supported ones. */
  readonly initialScopes?: readonly string[];
  readonly resourceName?: string;
  readonly resourceDocumentation?: string;
  /** Whether a token is revoked, asked at every use after all other checks. */
  readonly isRevoked?: (auth: AuthInfo) => boolean | Promise<boolean>;
  readonly report?: (event: ResourceServerEvent) => void;
  readonly clock?: Clock;
  readonly skewSeconds?: number;
  readonly maximumVerdicts?: number;
  readonly fetch?: GuardedFetch;
  /** Allows http, on loopback alone. */
  readonly development?: boolean;
}

const introspectionCacheSecondsAtMost = 30;

/** Refuses a configuration that would start and then be wrong. Each sentence says what to change. */
export function checkSettings(options: ResourceServerOptions): void {
  const {
    resource,
    authorizationServer,
    skewSeconds = limits.skewSeconds,
    introspection,
    development = false,
  } = options;
  const cacheSeconds = introspection?.cacheSeconds ?? 0;

  if (!parseResourceIdentifier(resource).ok || !/^https?:/i.test(resource))
    throw misuse('resource', 'must be an http(s) URL without fragment, user info and dot segments');
  if (!parseIssuerUrl(authorizationServer, { allowHttpLoopback: development }).ok)
    throw misuse('authorizationServer', 'must be the https issuer of the authorization server, to the letter');
  if (!isWithin(skewSeconds, limits.skewSecondsAtMost))
    throw misuse('skewSeconds', `must lie between 0 and ${limits.skewSecondsAtMost}`); // LES-35
  if (!isWithin(cacheSeconds, introspectionCacheSecondsAtMost))
    throw misuse('introspection.cacheSeconds', `must lie between 0 and ${introspectionCacheSecondsAtMost}`); // RSV-06
  if (options.dpop?.nonceKey !== undefined && options.dpop.nonceKey.length !== 32)
    throw misuse('dpop.nonceKey', 'must be exactly 32 bytes');
  if (!isMountPath(options.dpop?.mountPath ?? ''))
    throw misuse('dpop.mountPath', 'must start with a slash and end without one');
  for (const table of ['signOnByScope', 'signOnByTool'] as const)
    for (const [name, needs] of Object.entries(options[table] ?? {})) {
      const problem = needsProblem(needs);
      if (problem !== undefined) throw misuse(`${table}[${JSON.stringify(name)}]`, `${problem}`);
    }
  if (introspection?.secret === '') throw misuse('introspection.secret', 'must not be empty');
  if (!allScopes(options).every(isScopeToken)) throw misuse('scopes', 'must be scope tokens without blanks and quotes');
}

/** The keys of the authorization server, from wherever the options say. */
export function keysOf(options: ResourceServerOptions, clock: Clock): IssuerKeys {
  const { keys, authorizationServer } = options;
  if (keys === undefined)
    return remoteIssuerKeys({ source: { issuer: authorizationServer }, fetch: fetchOf(options), clock });
  if (!('keys' in keys)) return keys;
  const { problems, keys: usable } = importJwks(keys);
  if (usable.length === 0) throw misuse('keys', `hold no usable key: ${problems.join('; ')}`);
  return pinnedIssuerKeys(keys);
}

export function fetchOf(options: ResourceServerOptions): GuardedFetch {
  return options.fetch ?? createGuardedFetch({ development: options.development });
}

export function algorithmsOf(options: ResourceServerOptions): readonly SignatureAlgorithm[] {
  return checkAlgorithms('algorithms', options.algorithms ?? ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA']);
}

/** The algorithms of proofs. */
export function proofAlgorithmsOf(options: ResourceServerOptions): readonly SignatureAlgorithm[] {
  return checkAlgorithms('dpop.algorithms', options.dpop?.algorithms ?? dpopAlgorithms);
}

function checkAlgorithms(option: string, algorithms: readonly SignatureAlgorithm[]): readonly SignatureAlgorithm[] {
  if (algorithms.length === 0 || !algorithms.every(isSignatureAlgorithm))
    throw misuse(option, 'must be a list of supported signature algorithms');
  return algorithms;
}

function allScopes({
  scopesSupported,
  initialScopes,
  tools,
  methods,
  scopeHierarchy,
}: ResourceServerOptions): readonly string[] {
  const tables = [tools, methods, scopeHierarchy].flatMap((table) => Object.values(table ?? {}).flat());
  return [...scopesSupported, ...(initialScopes ?? []), ...tables];
}

function isMountPath(path: string): boolean {
  return path === '' || /^(?:\/[A-Za-z0-9._~-]+)+$/.test(path);
}

function isWithin(value: number, most: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= most;
}

function misuse(option: string, sentence: string): Misuse {
  return new Misuse('resource-server/configuration', `createResourceServer: ${option} ${sentence}`);
}
