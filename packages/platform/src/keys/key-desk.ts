import type { SignatureAlgorithm } from '@crossgrant/protocol/jws';
import type { KeyFacts } from './key-phases.ts';
import {
  type KeyAct,
  type KeyPlace,
  listSigningKeys,
  type Revocation,
  type Rotation,
  revokeSigningKey,
  rotateSigningKey,
} from './rotate-keys.ts';

/** What an administrator may do with the signing keys of one server. Every act is audited and reaches every replica. */
export interface KeyDesk {
  /** Every key, ended ones included. */
  list(): Promise<readonly KeyFacts[]>;
  /** Prepares a successor for each key that signs, or for those of one algorithm. */
  rotate(act: KeyAct, only?: { readonly alg?: SignatureAlgorithm }): Promise<readonly Rotation[]>;
  /** Ends a key at once; undefined when there is no such key, or it was revoked before. */
  revoke(kid: string, act: KeyAct): Promise<Revocation | undefined>;
}

export function openKeyDesk<S>(place: KeyPlace<S>): KeyDesk {
  return {
    list: () => listSigningKeys(place),
    async rotate(act, only = {}) {
      const active = (await listSigningKeys(place)).filter(
        ({ phase, alg }) => phase === 'active' && (only.alg === undefined || only.alg === alg),
      );
      const rotations: Rotation[] = [];
      for (const { purpose, alg } of active) rotations.push(await rotateSigningKey({ ...place, purpose, alg }, act));
      return rotations;
    },
    revoke: (kid, act) => revokeSigningKey({ ...place, kid }, act),
  };
}
