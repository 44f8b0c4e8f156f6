import type { LiveSession } from './may-issue.ts';

/** What a checked subject token says of the person and the sign-on. The sign-on is the original one, whatever happened since. */
export interface Subject {
  readonly kind: 'id_token' | 'refresh_token';
  readonly userId: string;
  readonly sid: string;
  /** Seconds. */
  readonly authTime: number;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  /** Set for a token that was replaced before: the grant whose tokens are in two hands. */
  readonly reusedGrant?: string;
  /** The session, where it came along with the token. */
  readonly session?: LiveSession;
}
