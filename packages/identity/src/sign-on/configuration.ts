import { algorithmNames, dpopAlgorithms } from '@crossgrant/protocol';
import type { Account, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { base, Check } from 'oidc-provider/lib/helpers/interaction_policy/index.js';
import type { Person } from '../people/person.ts';
import { createAdapter } from './adapter.ts';
import { cookieNames } from './cookies.ts';
import { type SignOnDeps, signOnDefaults } from './deps.ts';
import { renderFailure } from './failures.ts';
import { findLivePerson, findLivePersonOfSession } from './live-person.ts';
import { requestedAcr } from './requested-acr.ts';
import { signedOutSource, signOutSource } from './sign-out.ts';

type Policy = NonNullable<NonNullable<Configuration['interactions']>['policy']>;

/** Everything oidc-provider is told. What it would decide by reading first and writing later is in `models.ts`. */
export function providerConfiguration(deps: SignOnDeps): Configuration {
  const isSecure = deps.issuer.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', path: '/', secure: isSecure, signed: false } as const;
  return {
    adapter: (kind: string) => createAdapter(deps, kind),
    jwks: deps.keyRing.privateJwks(deps.keyPurpose) as Configuration['jwks'],
    findAccount: (_ctx, userId, token) => findAccount(deps, _ctx, userId, token as TokenFacts | undefined),
    loadExistingGrant,
    interactions: { policy: signOnPolicy(deps), url: (_ctx, interaction) => signOnPath(deps, interaction.uid) },
    cookies: { names: { ...cookieNames(deps.issuer) }, long: cookie, short: cookie },
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      end_session: '/logout',
      revocation: '/revoke',
      jwks: '/jwks',
    },
    responseTypes: ['code'], // SSO-01, BCP-01
    pkce: { required: () => true }, // SSO-01
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: {
      openid: ['sub', 'auth_time', 'acr', 'amr', 'sid'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    // What a scope gives is in the ID token too: an app shows a name without a second request.
    conformIdTokenClaims: false,
    acrValues: [deps.passwordAssurance.acr],
    subjectTypes: ['public'],
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'], dPoPSigningAlgValues: algorithmNames(dpopAlgorithms) },
    expiresWithSession: () => true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: (ctx) => rotatesRefreshTokens(deps, ctx),
    clientBasedCORS: () => false,
    renderError: (ctx, out, error) => renderFailure(deps, ctx, out.error, error),
    ttl: lifetimes(deps),
    features: features(deps),
  };
}

/** The page of a sign-on, below the issuer's path. */
export function signOnPath(deps: SignOnDeps, interactionId: string): string {
  return `${new URL(deps.issuer).pathname.replace(/\/$/, '')}/sign-on/${interactionId}`;
}

function features(deps: SignOnDeps): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: true },
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx) => signOutSource(deps, ctx),
      postLogoutSuccessSource: (ctx) => signedOutSource(deps, ctx),
    },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    dPoP: { enabled: true, requireNonce: () => deps.proofs.nonces !== undefined },
    claimsParameter: { enabled: false },
  };
}

/** Nothing outlives the absolute end of the sign-on it rests on. */
function lifetimes(deps: SignOnDeps): Configuration['ttl'] {
  const left = (authTime: number | undefined): number => {
    if (authTime === undefined) return signOnDefaults.interactionSeconds;
    return Math.max(1, authTime + deps.sessionSeconds - Math.floor(deps.clock() / 1000));
  };
  return {
    AuthorizationCode: signOnDefaults.codeSeconds,
    AccessToken: signOnDefaults.accessTokenSeconds,
    IdToken: (_ctx, token) =>
      Math.min(signOnDefaults.idTokenSeconds, left(token.available.auth_time as number | undefined)), // SSO-02, LES-21
    RefreshToken: (_ctx, token) => left(token.authTime),
    Session: (_ctx, session) => left(session.loginTs),
    Interaction: signOnDefaults.interactionSeconds,
    Grant: 30 * 86_400,
  };
}

/**
 * A sign-on is asked for when there is none, or when its person may no longer use it. There is no consent page: what an
 * app may ask of the company's people was decided when it was registered.
 */
function signOnPolicy(deps: SignOnDeps): Policy {
  const policy = base();
  policy.get('consent')?.checks.clear();
  policy.get('login')?.checks.add(
    new Check('person_is_gone', 'End-User authentication is required', 'login_required', (ctx) => {
      return ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined;
    }),
  );
  policy.get('login')?.checks.add(requestedAcr(deps));
  return policy as Policy;
}

/** Whoever holds the token of a public client is that client, so each use replaces it. RFC 9700 §4.14. */
async function rotatesRefreshTokens(deps: SignOnDeps, { oidc }: KoaContextWithOIDC): Promise<boolean> {
  if (oidc.client === undefined || oidc.client.clientAuthMethod === 'none') return true; // RTK-04
  return (await deps.findClient(oidc.client.clientId))?.refreshTokenRotation === true;
}

interface TokenFacts {
  readonly sid?: string;
  readonly authTime?: number;
}

async function findAccount(
  deps: SignOnDeps,
  ctx: KoaContextWithOIDC,
  userId: string,
  token: TokenFacts | undefined,
): Promise<Account | undefined> {
  const authTime = token === undefined ? ctx.oidc.session?.loginTs : token.authTime;
  const live =
    token?.sid === undefined
      ? await findLivePerson(deps, userId, authTime)
      : await findLivePersonOfSession(deps, userId, token.sid, authTime);
  return live.isLive ? toAccount(live.value) : undefined;
}

function toAccount(person: Person): Account {
  return {
    accountId: person.id,
    claims: async () => ({
      sub: person.id,
      preferred_username: person.username,
      name: person.name,
      email: person.email,
      email_verified: person.email === undefined ? undefined : person.emailVerified,
    }),
  };
}

/** One grant per app and sign-on, widened to what the app asks for; it ends with the sign-on. */
async function loadExistingGrant(
  ctx: KoaContextWithOIDC,
): Promise<InstanceType<KoaContextWithOIDC['oidc']['provider']['Grant']> | undefined> {
  const { provider, client, session, account } = ctx.oidc;
  if (client === undefined || session === undefined || account === undefined) return undefined;
  const known = session.grantIdFor(client.clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  const grant =
    found?.accountId === account.accountId
      ? found
      : new provider.Grant({ accountId: account.accountId, clientId: client.clientId });
  const asked = [...ctx.oidc.requestParamOIDCScopes];
  const missing = asked.filter((scope) => !grant.getOIDCScope().split(' ').includes(scope));
  if (missing.length > 0) grant.addOIDCScope(missing.join(' '));
  if (missing.length > 0 || found === undefined) await grant.save();
  return grant;
}
