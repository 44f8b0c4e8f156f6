import { freePorts } from '@crossgrant/testkit';
import { createRobotBrowser, type RobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import {
  agentSecret,
  botSecret,
  decode,
  type IdpWorld,
  policy,
  startIdpWorld,
  type WorldOptions,
} from './idp-world.ts';

const redirectUri = 'http://127.0.0.1:9/cb';
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

export const password = 'correct horse';
export const refreshTokenType = 'urn:ietf:params:oauth:token-type:refresh_token';

/**
 * An IdP at which people sign on for real: ada's agent gets refresh tokens that are replaced at each renewal, her bot
 * some that stay.
 */
export async function startSigningWorld(options: WorldOptions = {}): Promise<IdpWorld> {
  const [port = 0] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const [agent, bot, ...others] = options.policy?.clientApps ?? policy.clientApps ?? [];
  const world = await startIdpWorld({
    ...options,
    policy: {
      ...options.policy,
      clientApps: [
        { ...agent!, refreshTokens: true, refreshTokenRotation: true },
        { ...bot!, refreshTokens: true },
        ...others,
      ],
    },
    config: {
      issuer: origin,
      listen: `127.0.0.1:${port}`,
      people: [
        { username: 'ada', email: 'ada@acme.example', emailVerified: true, password, groups: ['engineering'] },
        { username: 'sue', email: 'sue@acme.example', password, groups: ['sales'] },
      ],
      ...options.config,
    },
  });
  // Times in codes and ID tokens are the real ones.
  world.clock.nowMs = Math.floor(Date.now() / 1000) * 1000;
  return world;
}

export interface SignedOn {
  readonly idToken: string;
  readonly refreshToken: string;
  readonly claims: Record<string, unknown>;
  readonly browser: RobotBrowser;
}

/** Signs a person on and redeems the code. Without `browser` it is a clean one. */
export async function signOnFor(
  world: IdpWorld,
  options: { client?: 'agent' | 'bot'; person?: string; browser?: RobotBrowser; ask?: Record<string, string> } = {},
): Promise<SignedOn> {
  const { client = 'agent', person = 'ada', browser = createRobotBrowser(), ask = {} } = options;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...ask,
  });
  const callback = await signOn(browser, `${world.idp.url}/authorize?${query}`, { username: person, password });
  const body = await redeem(world, client, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
  });
  const idToken = String(body.id_token);
  return { idToken, refreshToken: String(body.refresh_token), claims: decode(idToken).payload, browser };
}

/** One request of the client at the token endpoint; returns the body, errors too. */
export async function redeem(
  world: IdpWorld,
  client: 'agent' | 'bot',
  form: Record<string, string>,
  at: { readonly url: string } = world.idp,
): Promise<Record<string, unknown>> {
  const secret = client === 'agent' ? agentSecret : botSecret;
  const body = new URLSearchParams({ ...form, client_id: client, client_secret: secret });
  const response = await fetch(`${at.url}/token`, { method: 'POST', body });
  return (await response.json()) as Record<string, unknown>;
}

/** Renews by refresh token. */
export function renew(
  world: IdpWorld,
  refreshToken: string,
  client: 'agent' | 'bot' = 'agent',
  at: { readonly url: string } = world.idp,
): Promise<Record<string, unknown>> {
  return redeem(world, client, { grant_type: 'refresh_token', refresh_token: refreshToken }, at);
}
