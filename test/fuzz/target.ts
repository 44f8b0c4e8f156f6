import type fc from 'fast-check';

/** A parser under attack. */
export interface FuzzTarget {
  readonly name: string;
  /** Its part of all inputs. */
  readonly share: number;
  readonly inputs: fc.Arbitrary<string>;
  /** Throws when the parser breaks a promise; refusals are none. */
  readonly check: (input: string) => void;
}
