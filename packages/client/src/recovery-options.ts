import type { SigningOn } from './sign-on/request.ts';

/** What the application allows the client to do when a request is refused. */
export interface RecoveryOptions {
  /**
   * Signs the person on again, with the demands given and no others, and stores the result under the same session id.
   * Without it a demand for a fresh or stronger sign-on is an error.
   */
  readonly signOnAgain?: (demand: SignOnDemand, client: SigningOn) => Promise<unknown>;
  /** Names fewer scopes after a refusal of all; without it, or when it answers nothing, the refusal stands. */
  readonly reduceScopes?: (refused: readonly string[] | undefined) => readonly string[] | undefined;
}

/** What `beginSignOn` and `signOnWithBrowser` take as it is. */
export interface SignOnDemand {
  readonly session: string;
  readonly reason: 'expired' | 'step_up';
  readonly acrValues?: readonly string[];
  readonly maxAge?: number;
  /** Set at step-up: being signed on already is not enough. */
  readonly prompt?: 'login';
}
