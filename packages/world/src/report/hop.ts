export interface DecodedToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What one of the three token requests and the call came to, without any token. */
export interface Hop {
  readonly stage: 'sign_on' | 'exchange' | 'redemption' | 'call';
  readonly isDone: boolean;
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly milliseconds: number;
  readonly url: string;
  /** The person, client and parameters, in the words of the request. */
  readonly asked: Readonly<Record<string, string>>;
  /** Header and claims; the signature never leaves the process that received it. */
  readonly token?: DecodedToken;
  /** What the response said beside the token. */
  readonly answered: Readonly<Record<string, string>>;
  readonly result?: unknown;
  readonly failure?: Failure;
}

export interface Failure {
  /** The OAuth error, or the stable code of the client; empty where the sentence says all. */
  readonly error: string;
  readonly sentence: string;
  /** The decision id, when the server gave one. */
  readonly id?: string;
}
