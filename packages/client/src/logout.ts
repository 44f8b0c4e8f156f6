import { checkLogoutToken, type LogoutNotice } from '@crossgrant/protocol';
import type { ClientDeps } from './deps.ts';
import { CrossgrantError } from './errors.ts';
import { verifyByIdp } from './idp-signature.ts';
import { findSessions, readSession } from './sessions.ts';
import { signOut } from './sign-out.ts';

const maxRemembered = 10_000;

/**
 * Takes a logout token of the identity provider and ends the sessions it speaks of, with all their tokens. A session
 * that does not know its id at the identity provider ends with any of its person; one that began after the token was
 * made stays.
 *
 * OpenID Connect Back-Channel Logout §2.6, §2.7.
 */
export async function receiveLogoutToken(deps: ClientDeps, token: string): Promise<void> {
  const verified = await verifyByIdp(deps, token);
  if (verified === undefined) throw refused('logout-token/signature'); // SSO-07, ATK-50
  const checked = checkLogoutToken(
    { header: verified.header, payload: verified.claims },
    {
      issuer: deps.idp.issuer,
      clientId: deps.idp.clientId,
      nowSeconds: Math.floor(deps.clock() / 1000),
      skewSeconds: 30,
    },
  );
  if (!checked.ok) throw refused(checked.refusal.code); // SSO-07, ATK-50
  const notice = checked.value;
  const { seenLogouts } = deps.memory;
  if (seenLogouts.has(notice.jti)) throw refused('logout-token/seen'); // SSO-07, ATK-50
  await endSessions(deps, notice, verified.claims.iat as number);
  remember(seenLogouts, notice, deps.clock());
}

async function endSessions(deps: ClientDeps, { subject, sid }: LogoutNotice, issuedAt: number): Promise<void> {
  const bySubject = subject === undefined ? [] : await findSessions(deps.sessions, { subject });
  const bySid = sid === undefined ? [] : await findSessions(deps.sessions, { sid });
  const failures: unknown[] = [];
  for (const id of new Set([...bySubject, ...bySid])) {
    const session = await readSession(deps.sessions, id);
    if (session === undefined || session.issuer !== deps.idp.issuer) continue; // ATK-50
    const isNamed =
      (subject === undefined || session.subject === subject) &&
      (sid === undefined || session.sid === undefined || session.sid === sid);
    const isNewer = session.authTime !== undefined && session.authTime > issuedAt;
    if (isNamed && !isNewer) await signOut(deps, id).catch((error) => failures.push(error)); // CLI-09, SSO-07
  }
  if (failures.length > 0) throw failures[0]; // LES-93
}

function remember(seen: Map<string, number>, { jti, keepUntil }: LogoutNotice, nowMs: number): void {
  for (const [other, until] of seen) if (until * 1000 <= nowMs || seen.size >= maxRemembered) seen.delete(other);
  seen.set(jti, keepUntil);
}

function refused(reason: string): CrossgrantError {
  return new CrossgrantError('logout_token_refused', 'sign_on', { cause: { reason } });
}
