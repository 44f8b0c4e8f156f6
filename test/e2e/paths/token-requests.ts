import { createHash, randomBytes } from 'node:crypto';
import { createRobotBrowser, type RobotBrowser, signOn as signOnAt } from '@crossgrant/testkit/sign-on-robot';
import { exchangeForm, jwtBearer, refreshTokenType } from '../../fixtures/issued-tokens.ts';
import { alice, idpSecret, rasSecret, type ThreeServers } from '../../fixtures/three-servers.ts';

export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface SignOnTokens {
  readonly idToken: string;
  readonly refreshToken: string;
}

/** Signs alice on as her agent would, with more in the authorization request where that is wanted. */
export async function signOn(
  servers: ThreeServers,
  ask: Record<string, string> = {},
  browser: RobotBrowser = createRobotBrowser(),
): Promise<SignOnTokens> {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${servers.idp}/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: 'agent',
    redirect_uri: servers.redirectUri,
    scope: 'openid offline_access',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...ask,
  }).toString();
  const callback = await signOnAt(browser, url, alice);
  const { body } = await atIdp(servers, {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: servers.redirectUri,
  });
  return { idToken: String(body.id_token), refreshToken: String(body.refresh_token) };
}

export function renew(servers: ThreeServers, refreshToken: string): Promise<TokenAnswer> {
  return atIdp(servers, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

/** Asks for an ID-JAG by ID token or by refresh token. */
export function exchange(
  servers: ThreeServers,
  subject: { idToken: string } | { refreshToken: string },
  scope?: string,
): Promise<TokenAnswer> {
  const form =
    'idToken' in subject
      ? exchangeForm(servers, subject.idToken)
      : { ...exchangeForm(servers, subject.refreshToken), subject_token_type: refreshTokenType };
  return post(`${servers.idp}/token`, scope === undefined ? form : { ...form, scope });
}

export function redeem(servers: ThreeServers, idJag: unknown, scope?: string): Promise<TokenAnswer> {
  return post(`${servers.authserver}/token`, {
    grant_type: jwtBearer,
    assertion: String(idJag),
    client_id: 'agent-at-chat',
    client_secret: rasSecret,
    ...(scope === undefined ? {} : { scope }),
  });
}

/** Calls a tool of the sample MCP server. */
export function callTool(servers: ThreeServers, accessToken: unknown, name: string, args: object): Promise<Response> {
  return fetch(servers.resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  });
}

export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

function atIdp(servers: ThreeServers, form: Record<string, string>): Promise<TokenAnswer> {
  return post(`${servers.idp}/token`, { ...form, client_id: 'agent', client_secret: idpSecret });
}

async function post(url: string, form: Record<string, string>): Promise<TokenAnswer> {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}
