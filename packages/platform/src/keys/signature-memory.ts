import { hash } from 'node:crypto';
import type { VerificationKey, VerifiedJws } from '@crossgrant/protocol/jws';

/**
 * Remembers tokens whose signature was good, by a digest of the whole token. It spares the arithmetic when the same token
 * comes again and decides nothing: claims, time and live state are judged at every use.
 */
export interface SignatureMemory {
  /** The name of a token in this memory. */
  nameOf(token: string): string;
  /** What was verified, if it was with just the keys that count now: a key that went or came empties the memory. */
  find(name: string, keys: readonly VerificationKey[]): VerifiedJws | undefined;
  keep(name: string, keys: readonly VerificationKey[], verified: VerifiedJws): void;
}

/** Holds at most so many tokens; the one that came first goes first. Key sets are replaced, never changed. */
export function createSignatureMemory(maximumTokens: number): SignatureMemory {
  const known = new Map<string, VerifiedJws>();
  let keysOfAll: readonly VerificationKey[] = [];

  return {
    nameOf: (token) => hash('sha256', token, 'base64url'),
    find(name, keys) {
      if (keys !== keysOfAll) known.clear(); // LES-36
      return known.get(name);
    },
    keep(name, keys, verified) {
      if (keys !== keysOfAll) known.clear();
      keysOfAll = keys;
      known.set(name, verified);
      if (known.size > maximumTokens) known.delete(known.keys().next().value as string);
    },
  };
}
