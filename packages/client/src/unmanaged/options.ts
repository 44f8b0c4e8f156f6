import type { ClientAuth } from '../client-auth.ts';
import type { DpopOption } from '../dpop.ts';
import type { CrossgrantClientOptions } from '../options.ts';

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
