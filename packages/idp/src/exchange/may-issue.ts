import { type ClientApp, isAfterWatermark, type Person } from '@crossgrant/identity';
import { ok, type Result, refuse } from '@crossgrant/protocol';
import type { LiveState } from '../snapshot/live-state.ts';

declare const permitted: unique symbol;

/** Leave to issue something for one client and one person. Only `mayIssue` makes one, and every signer asks for one. */
export interface IssuePermit {
  readonly grantType: string;
  readonly client: ClientApp;
  readonly person: Person;
  readonly session: LiveSession;
  /** Seconds: nothing issued under this permit lives longer. */
  readonly notAfter: number;
  /** Seconds: when the person authenticated, as far as the presented credential can vouch for it. */
  readonly authTime: number;
  /** How the person authenticated then. What the session reached later is not of this credential. */
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  readonly [permitted]: true;
}

export interface LiveSession {
  readonly sid: string;
  readonly userId: string;
  /** Absent when the session is shared by client apps. */
  readonly clientId?: string;
  /** Seconds. */
  readonly authTime: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly address?: string;
  readonly endedAt?: number;
  readonly expiresAt: number;
}

/** One attempt to get something, at whichever door. */
export interface IssueAttempt {
  readonly grantType: string;
  readonly client: ClientApp;
  readonly userId: string;
  readonly session: LiveSession | undefined;
  /** Seconds, from the presented credential, like `acr` and `amr`. */
  readonly authTime: number;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
}

/**
 * The gate in front of every signer, for code, refresh and exchange alike: tenant, client, grant, person, session and
 * watermark must be alive at this moment. Whatever is unknown counts as dead.
 *
 * ID-JAG-04 §4.3.3.
 */
export function mayIssue(live: LiveState, attempt: IssueAttempt, nowMs: number): Result<IssuePermit> {
  const { client, session } = attempt;
  const person = live.person(attempt.userId);
  const authTime = Math.min(attempt.authTime, session?.authTime ?? attempt.authTime);

  if (live.tenant.state !== 'active') return refuse('client/blocked', { tenant: live.tenant.state }); // LES-20
  if (live.client(client.clientId)?.state !== 'active') return refuse('client/blocked'); // LES-19, LES-20
  if (!client.grantTypes.includes(attempt.grantType)) return refuse('client/grant-not-registered'); // TEX-04, LES-19
  if (person === undefined) return refuse('subject-token/user-unknown'); // TEX-09, LES-20
  if (person.state !== 'active') return refuse('subject-token/user-inactive'); // TEX-09, LES-20
  if (session === undefined) return refuse('subject-token/session-unknown'); // TEX-09, LES-20
  if (session.userId !== person.id) return refuse('subject-token/session-unknown', { because: 'another person' }); // TEX-09, ATK-41
  if ((session.clientId ?? client.clientId) !== client.clientId)
    return refuse('subject-token/session-unknown', { because: 'another client' }); // TEX-09, ATK-42
  if (session.endedAt !== undefined) return refuse('subject-token/session-ended'); // TEX-09, SSO-10, LES-20
  if (nowMs >= session.expiresAt) return refuse('subject-token/session-ended', { because: 'expired' }); // TEX-09, LES-21
  if (!isAfterWatermark(authTime, [live.tenant.revokedBefore, person.revokedBefore]))
    return refuse('subject-token/user-revoked'); // TEX-09, REV-13, LES-75, ATK-48

  const permit: Omit<IssuePermit, typeof permitted> = {
    grantType: attempt.grantType,
    client,
    person,
    session,
    notAfter: Math.floor(session.expiresAt / 1000),
    authTime,
    acr: attempt.acr, // RTK-05, IDJ-13
    amr: attempt.amr, // RTK-05, IDJ-13
  };
  return ok(permit as IssuePermit);
}
