import {
  type GuardedFetch,
  type IssuerKeys,
  type KeyAlert,
  pinnedIssuerKeys,
  remoteIssuerKeys,
} from '@crossgrant/platform';
import type { Clock } from '@crossgrant/protocol';
import type { ClientApp } from './client-app.ts';

/** The keys that verify the assertions of a client app; undefined for one that has none. */
export type ClientKeys = (app: ClientApp) => IssuerKeys | undefined;

export interface ClientKeysDeps {
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly onAlert?: (alert: KeyAlert) => void;
}

/**
 * Opens the keys of each client app once, and anew when the app names others: verifying a request parses no key. What was
 * fetched stays while the app is changed in other ways. Bounded; what was opened first goes first.
 */
export function createClientKeys({ fetch, clock, onAlert }: ClientKeysDeps): ClientKeys {
  const opened = new Map<string, { readonly source: string; readonly keys: IssuerKeys }>();
  const sources = new WeakMap<object, string>();

  return ({ clientId, keys: source, assertionKeys }) => {
    if (assertionKeys !== undefined || source === undefined) return assertionKeys;
    const text = sources.get(source) ?? JSON.stringify(source);
    sources.set(source, text);
    const known = opened.get(clientId);
    if (known?.source === text) return known.keys;

    const keys =
      'jwks' in source
        ? pinnedIssuerKeys(source.jwks)
        : remoteIssuerKeys({ source: { jwksUri: source.jwksUri }, fetch, clock, onAlert });
    opened.delete(clientId);
    opened.set(clientId, { source: text, keys });
    const oldest = opened.size > mostOpened ? opened.keys().next().value : undefined;
    if (oldest !== undefined) opened.delete(oldest);
    return keys;
  };
}

const mostOpened = 10_000;
