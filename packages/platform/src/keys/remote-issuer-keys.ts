import type { Clock } from '@crossgrant/protocol';
import type { VerificationKey } from '@crossgrant/protocol/jws';
import { KeysUnavailable } from '../errors.ts';
import type { GuardedFetch } from '../outbound/guarded-fetch.ts';
import { fetchIssuerKeys, type KeySource } from './fetch-issuer-keys.ts';
import { candidates, type IssuerKeys } from './issuer-keys.ts';

/** What an administrator should hear about an issuer's keys. */
export type KeyAlert =
  | {
      readonly kind: 'fetch-failed';
      readonly source: KeySource;
      readonly error: unknown;
      readonly lastGoodAt: number | undefined;
    }
  | {
      readonly kind: 'keys-changed';
      readonly source: KeySource;
      readonly added: readonly string[];
      readonly removed: readonly string[];
    }
  | { readonly kind: 'unusable-keys'; readonly source: KeySource; readonly problems: readonly string[] };

export interface RemoteIssuerKeysOptions {
  readonly source: KeySource;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly onAlert?: (alert: KeyAlert) => void;
}

interface KeySet {
  readonly keys: readonly VerificationKey[];
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

const minute = 60_000;
const leastCacheMs = 5 * minute;
const mostCacheMs = 24 * 60 * minute;
/** How long the last good set serves while fetching fails. */
const lastGoodMs = 24 * 60 * minute;
/** After a search for an unknown `kid`, nobody can cause another fetch for this long. */
const unknownKidMs = 30_000;
const firstRetryMs = 1_000;

/**
 * The keys of an issuer, fetched and kept.
 *
 * One fetch at a time serves everybody who waits. A `kid` that is not in the set causes one fetch and then none for half a
 * minute, so that invented ones cost nothing. While fetching fails the last good set serves for a day, then nothing does.
 * A key missing from a set that was fetched is gone at once.
 */
export function remoteIssuerKeys(options: RemoteIssuerKeysOptions): IssuerKeys {
  const { source, clock } = options;
  const onAlert = options.onAlert ?? (() => undefined);
  let held: KeySet | undefined;
  let fetching: Promise<void> | undefined;
  let noSearchUntil = 0;
  let noRetryUntil = 0;
  let failures = 0;

  async function fetchNow(): Promise<void> {
    try {
      const fetched = await fetchIssuerKeys(source, options.fetch);
      const now = clock();
      const cacheMs = Math.min(Math.max((fetched.maxAgeSeconds ?? 0) * 1_000, leastCacheMs), mostCacheMs); // KEY-03
      report(held?.keys, fetched.keys, fetched.problems);
      held = { keys: fetched.keys, fetchedAt: now, freshUntil: now + cacheMs }; // KEY-05, ATK-18
      failures = 0;
      noRetryUntil = 0;
    } catch (error) {
      failures += 1;
      noRetryUntil = clock() + Math.min(firstRetryMs * 2 ** (failures - 1), unknownKidMs);
      onAlert({ kind: 'fetch-failed', source, error, lastGoodAt: held?.fetchedAt });
    }
  }

  function refresh(): Promise<void> {
    fetching ??= fetchNow().finally(() => {
      fetching = undefined;
    });
    return fetching;
  }

  function report(
    before: readonly VerificationKey[] | undefined,
    after: readonly VerificationKey[],
    problems: readonly string[],
  ): void {
    if (problems.length > 0) onAlert({ kind: 'unusable-keys', source, problems });
    if (before === undefined) return;
    const added = names(after).filter((name) => !names(before).includes(name));
    const removed = names(before).filter((name) => !names(after).includes(name));
    if (added.length + removed.length > 0) onAlert({ kind: 'keys-changed', source, added, removed }); // ATK-19
  }

  /** The set that counts now. */
  async function current(): Promise<KeySet> {
    const now = clock();
    const isFresh = held !== undefined && now < held.freshUntil;
    if (!isFresh && (fetching !== undefined || now >= noRetryUntil)) await refresh();
    if (held === undefined) throw new KeysUnavailable('the keys of the issuer could not be fetched');
    if (clock() >= held.fetchedAt + lastGoodMs) throw new KeysUnavailable('the last keys fetched are too old'); // KEY-05
    return held;
  }

  return {
    async find(kid, alg) {
      const known = candidates((await current()).keys, kid, alg);
      if (known.length > 0 || kid === undefined) return known;
      if (fetching === undefined && clock() < Math.max(noSearchUntil, noRetryUntil)) return []; // KEY-04, ATK-17
      noSearchUntil = clock() + unknownKidMs; // KEY-04, ATK-17
      await refresh();
      return candidates((await current()).keys, kid, alg);
    },
  };
}

function names(keys: readonly VerificationKey[]): readonly string[] {
  return keys.map((key) => `${key.kid ?? ''} ${key.jwk.alg ?? ''} ${key.jwk.n ?? key.jwk.x ?? ''}`);
}
