import { type AccessRequest, type ChallengeHint, forgetToken, obtainAccessToken } from './access-token.ts';
import { type CallOptions, callResource } from './call.ts';
import { conceal } from './concealed.ts';
import { createDeps } from './deps.ts';
import { type IdJagGrant, requestIdJag } from './grant.ts';
import { receiveLogoutToken } from './logout.ts';
import type { AccessToken } from './memory.ts';
import type { CrossgrantClientOptions } from './options.ts';
import { requireSessionId, type Session } from './sessions.ts';
import { adoptSignOn } from './sign-on/adopt.ts';
import { beginSignOn } from './sign-on/begin.ts';
import { finishSignOn } from './sign-on/finish.ts';
import type { SigningOn } from './sign-on/request.ts';
import { signOut, signOutEverywhere } from './sign-out.ts';

/** A client app of one organisation: signs people on, and calls resources for them. */
export interface CrossgrantClient extends SigningOn {
  /** Forgets a session and all its tokens. */
  signOut(session: string): Promise<void>;
  /** The same for all sessions of a person, or of a session id of the identity provider (back-channel logout). */
  signOutEverywhere(match: { readonly subject?: string; readonly sid?: string }): Promise<void>;
  /** Ends the sessions that a back-channel logout token of the identity provider speaks of. The token is verified. */
  receiveLogoutToken(token: string): Promise<void>;
  /** An access token, from the cache while it is fresh. */
  accessToken(request: AccessRequest, hint?: ChallengeHint): Promise<AccessToken>;
  /** An ID-JAG that somebody else redeems, for example a client library with a flow of its own. */
  requestIdJag(request: AccessRequest, hint?: ChallengeHint): Promise<IdJagGrant>;
  /** Drops an access token that a resource refused, so that the next request brings another. */
  forgetAccessToken(session: string, value: string): void;
  /** Like `fetch`, with the token attached and refusals handled. */
  fetch(session: string, url: string | URL, init?: RequestInit, options?: CallOptions): Promise<Response>;
}

/**
 * Makes the client of one organisation. Issuers and credentials come from the options and from nowhere else.
 *
 * MCP-EMA §3, ID-JAG-04 §5.
 */
export function createCrossgrantClient(options: CrossgrantClientOptions): CrossgrantClient {
  const deps = createDeps(options, () => client);
  const client: CrossgrantClient = {
    beginSignOn: (request) => beginSignOn(deps, request),
    finishSignOn: async (pending, callbackUrl) => shown(await finishSignOn(deps, pending, callbackUrl)),
    adoptSignOn: async (signOn) => shown(await adoptSignOn(deps, signOn)),
    signOut: (session) => signOut(deps, requireSessionId(session)),
    signOutEverywhere: (match) => signOutEverywhere(deps, match),
    receiveLogoutToken: (token) => receiveLogoutToken(deps, token),
    accessToken: (request, hint) => obtainAccessToken(deps, request, hint),
    requestIdJag: (request, hint) => requestIdJag(deps, request, hint),
    forgetAccessToken: (session, value) => forgetToken(deps, session, value),
    fetch: (session, url, init, callOptions) => callResource(deps, session, String(url), init ?? {}, callOptions ?? {}),
  };
  return client;
}

/** What the application gets may end in a log. */
function shown(session: Session): Session {
  return conceal(session, ['idToken', 'refreshToken']); // CLI-01
}
