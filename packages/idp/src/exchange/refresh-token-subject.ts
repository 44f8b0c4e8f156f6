import type { ClientApp, RefreshTokens } from '@crossgrant/identity';
import { ok, type Result, refuse } from '@crossgrant/protocol';
import { isPublic } from './client.ts';
import type { Subject } from './subject.ts';

export interface RefreshTokenExpectations {
  readonly client: ClientApp;
  /** Thumbprint of the key the request proved to hold. */
  readonly provenKey: string | undefined;
}

/**
 * Accepts a refresh token of this IdP as a renewal would: live, of the authenticated client, of a sign-on by OpenID
 * Connect, bound to no other key. It is neither renewed nor used up, since the answer carries no other.
 *
 * A token that was rotated away comes back as such: the next step refuses it, and its family ends.
 *
 * ID-JAG-04 §4.3.3, RFC 9449 §5, RFC 9700 §4.14.
 */
export async function readRefreshToken(
  tokens: Pick<RefreshTokens, 'find'>,
  text: string,
  { client, provenKey }: RefreshTokenExpectations,
): Promise<Result<Subject>> {
  const found = await tokens.find(text);
  if (found.state === 'dead') return refuse('subject-token/refresh-token', { because: 'unknown or ended' }); // TEX-10
  const { facts } = found;
  if (facts.clientId !== client.clientId) return refuse('subject-token/refresh-token', { because: 'another client' }); // TEX-10, LES-22
  const { userId, sid, authTime, acr, amr } = facts;
  const subject: Subject = { kind: 'refresh_token', userId, sid, authTime, acr, amr }; // RTK-05
  if (found.state === 'rotated') return ok({ ...subject, reusedGrant: facts.grantId }); // RTK-03, LES-25

  if (!client.refreshTokens) return refuse('subject-token/refresh-token', { because: 'client has none' }); // TEX-10
  if (!facts.scope.includes('openid')) return refuse('subject-token/refresh-token', { because: 'no openid' }); // TEX-10
  if (facts.boundTo !== provenKey && facts.boundTo !== undefined)
    return refuse('subject-token/refresh-token', { because: 'another key' }); // TEX-10
  if (isPublic(client) && facts.boundTo === undefined) return refuse('client/public', { because: 'unbound' }); // DEL-04
  return ok({ ...subject, session: found.session });
}
