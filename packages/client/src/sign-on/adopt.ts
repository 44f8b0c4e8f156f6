import { randomText } from '../client-auth.ts';
import { decodeJwt } from '../decode-jwt.ts';
import type { ClientDeps } from '../deps.ts';
import { CrossgrantError } from '../errors.ts';
import { requireSessionId, type Session } from '../sessions.ts';
import { signOnFacts } from './facts.ts';
import { keepSession } from './finish.ts';
import type { AdoptedSignOn } from './request.ts';

/**
 * Takes over a sign-on that the application did and verified itself. The ID token has to name the pinned identity
 * provider and this client, so that an assertion of somebody else never becomes a session.
 */
export async function adoptSignOn(deps: ClientDeps, signOn: AdoptedSignOn): Promise<Session> {
  const claims = decodeJwt(signOn.idToken)?.claims;
  if (claims === undefined || typeof claims.sub !== 'string') throw invalid('sub');
  if (claims.iss !== deps.idp.issuer) throw invalid('iss'); // LES-91, MCP-09
  if (!isFor(claims.aud, deps.idp.clientId)) throw invalid('aud');
  return keepSession(deps, {
    id: signOn.session === undefined ? `ses_${randomText()}` : requireSessionId(signOn.session),
    issuer: deps.idp.issuer,
    subject: claims.sub,
    idToken: signOn.idToken,
    idTokenExpiresAt: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined,
    refreshToken: signOn.refreshToken,
    ...signOnFacts(claims),
  });
}

function isFor(audience: unknown, clientId: string): boolean {
  return Array.isArray(audience) ? audience.includes(clientId) : audience === clientId;
}

function invalid(claim: string): CrossgrantError {
  return new CrossgrantError('id_token_invalid', 'sign_on', { cause: { claim } });
}
