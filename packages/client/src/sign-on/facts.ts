import { randomText } from '../client-auth.ts';
import type { Session } from '../sessions.ts';

/** What an ID token tells about the sign-on it comes from, and fresh marks for the session that begins with it. */
export function signOnFacts(
  claims: Readonly<Record<string, unknown>>,
): Pick<Session, 'sid' | 'authTime' | 'acr' | 'signOn' | 'revision'> {
  return {
    sid: typeof claims.sid === 'string' ? claims.sid : undefined,
    authTime: typeof claims.auth_time === 'number' ? claims.auth_time : undefined,
    acr: typeof claims.acr === 'string' ? claims.acr : undefined,
    signOn: randomText(),
    revision: randomText(),
  };
}
