import { type Clock, parseIssuerUrl } from '@crossgrant/protocol';
import type { ClientAuth } from './client-auth.ts';
import { type DpopOption, requireProofKeyPair } from './dpop.ts';
import { CrossgrantMisuse } from './errors.ts';
import type { FetchLike } from './outbound.ts';
import type { Patience } from './patience.ts';
import type { RecoveryOptions } from './recovery-options.ts';
import type { SessionStore } from './sessions.ts';

/** What an organisation configures once. Nothing here is ever learned from a server. */
export interface CrossgrantClientOptions extends RecoveryOptions {
  /** The identity provider of the organisation, pinned. */
  readonly idp: IdentityProviderRegistration;
  /** The registrations at resource authorization servers, keyed by issuer. */
  readonly resourceServers: Readonly<Record<string, ResourceServerRegistration>>;
  /** Where sessions live; the default forgets them with the process. */
  readonly sessions?: SessionStore;
  /** Binds ID-JAGs and access tokens to a key of the session: `true` makes one that cannot be taken out of the process. */
  readonly dpop?: DpopOption;
  /** Allows http, and only to loopback hosts. */
  readonly development?: boolean;
  readonly fetch?: FetchLike;
  readonly clock?: Clock;
  readonly timeoutMs?: number;
  readonly maxResponseBytes?: number;
  readonly patience?: Partial<Patience>;
  /** Told about what is tolerated but not right. The texts hold no tokens. */
  readonly onWarning?: (warning: Warning) => void;
}

export interface IdentityProviderRegistration {
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: ClientAuth;
  /**
   * What is traded for an ID-JAG. A refresh token saves the refresh of the ID token, where the identity provider takes
   * it; where it does not, the ID token is used.
   */
  readonly subject?: 'id_token' | 'refresh_token';
  /**
   * Proves the key at sign-on and refresh as well, for an identity provider that requires it. The refresh token is bound
   * to the key then: let it outlive the process with `dpop: { keyOf }`, or the person signs on again.
   */
  readonly dpop?: boolean;
}

export interface ResourceServerRegistration {
  readonly clientId: string;
  readonly auth: ClientAuth;
  /** `false` for a server that cannot bind tokens to a key. */
  readonly dpop?: boolean;
  /** The resources this server may speak for. Left out: the first server that a resource names is kept. */
  readonly resources?: readonly string[];
  /** Refuse a server that does not advertise the ID-JAG profile in its metadata. */
  readonly mustAdvertiseIdJag?: boolean;
}

export interface Warning {
  readonly code: 'token_type_absent' | 'scope_differs';
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A registration together with the one issuer it is for. */
export interface Credentials {
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: ClientAuth;
}

export interface ResourceServerCredentials extends Credentials {
  readonly dpop: boolean;
  readonly resources: readonly string[] | undefined;
  readonly mustAdvertiseIdJag: boolean;
}

export interface CheckedOptions {
  readonly idp: Credentials;
  readonly resourceServers: ReadonlyMap<string, ResourceServerCredentials>;
}

/** Turns the options into credentials that carry their issuer, or says what the developer has to change. */
export function checkOptions(options: CrossgrantClientOptions): CheckedOptions {
  const development = options.development === true;
  const { issuer, clientId, auth } = options.idp;
  const { dpop = false } = options;
  requireProofKeyPair(dpop);
  requireIssuer(issuer, 'idp.issuer', development);
  requireClientId(clientId, 'idp.clientId');
  if (options.idp.dpop === true && dpop === false) throw noKey('idp.dpop');
  if (options.idp.subject === 'refresh_token' && auth.method === 'none') throw publicSubject(); // DEL-04

  const resourceServers = new Map<string, ResourceServerCredentials>();
  for (const [rasIssuer, registration] of Object.entries(options.resourceServers)) {
    requireIssuer(rasIssuer, `resourceServers["${rasIssuer}"]`, development);
    requireClientId(registration.clientId, `resourceServers["${rasIssuer}"].clientId`);
    if (registration.auth.method === 'none') throw publicClient(rasIssuer); // ATK-40
    if (registration.dpop === true && dpop === false) throw noKey(`resourceServers["${rasIssuer}"].dpop`);
    resourceServers.set(rasIssuer, {
      issuer: rasIssuer,
      clientId: registration.clientId,
      auth: registration.auth,
      dpop: dpop !== false && registration.dpop !== false,
      resources: registration.resources,
      mustAdvertiseIdJag: registration.mustAdvertiseIdJag === true,
    });
  }
  return { idp: { issuer, clientId, auth }, resourceServers };
}

function requireIssuer(issuer: string, path: string, development: boolean): void {
  const parsed = parseIssuerUrl(issuer, { allowHttpLoopback: development });
  if (parsed.ok) return;
  throw new CrossgrantMisuse(
    'misuse/issuer',
    `${path} is an https URL without query and fragment (http only on a loopback host with development: true).`,
  );
}

function requireClientId(clientId: string, path: string): void {
  if (typeof clientId === 'string' && clientId !== '') return;
  throw new CrossgrantMisuse(
    'misuse/client-id',
    `${path} is the identifier under which the client is registered there.`,
  );
}

function publicSubject(): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/public-subject',
    'idp.subject: a refresh token is traded by confidential clients only. Use a secret or a key, or the ID token.',
  );
}

function noKey(path: string): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/dpop-key',
    `${path} needs the option dpop of the client, which makes or names the key.`,
  );
}

function publicClient(issuer: string): CrossgrantMisuse {
  return new CrossgrantMisuse(
    'misuse/public-client',
    `resourceServers["${issuer}"].auth: an ID-JAG is redeemed by confidential clients only. Use a secret or a key.`,
  );
}
