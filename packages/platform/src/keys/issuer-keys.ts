import { importJwks, type VerificationKey } from '@crossgrant/protocol/jws';
import { Misuse } from '../errors.ts';

/** The keys with which one issuer signs. There is no look-up across issuers. */
export interface IssuerKeys {
  /**
   * The keys that may have made a signature with this `kid` and `alg`; none when the issuer has no such key.
   * Throws KeysUnavailable when the issuer's keys are not known.
   */
  find(kid: string | undefined, alg: string): Promise<readonly VerificationKey[]>;
}

/** Keys stated in configuration. They change only with it. */
export function pinnedIssuerKeys(jwks: unknown): IssuerKeys {
  const { keys, problems } = importJwks(jwks);
  if (keys.length === 0) {
    throw new Misuse('issuer-keys/empty', `The pinned key set holds no usable key. ${problems.join('. ')}`);
  }
  return { find: async (kid, alg) => candidates(keys, kid, alg) };
}

/** A token that names no key may be tried against this many. */
const mostCandidates = 3;

/** Selects by `kid`, or by algorithm alone when the token names none; never by anything else the token brings. */
export function candidates(
  keys: readonly VerificationKey[],
  kid: string | undefined,
  alg: string,
): readonly VerificationKey[] {
  const fitting = keys.filter((key) => (key.algorithms as readonly string[]).includes(alg)); // KEY-06
  if (kid !== undefined) return fitting.filter((key) => key.kid === kid); // KEY-06
  return fitting.slice(0, mostCandidates); // LES-49
}
