import { verifies } from '@crossgrant/testkit';
import { createRobotBrowser, signOn } from '@crossgrant/testkit/sign-on-robot';
import * as oauth from 'oauth4webapi';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  agentSecret,
  alice,
  askSignOn,
  clientAuthentication,
  loopback,
  redeemCallback,
  redirectUri,
  type SignOnWorld,
  startSignOnWorld,
} from './sign-on-world.ts';

const person = { username: 'alice', password: alice.password ?? '' };
let world: SignOnWorld;

beforeAll(async () => {
  world = await startSignOnWorld();
});
afterEach(() => vi.useRealTimers());
afterAll(() => world.close());

async function signedOn(clientId = 'agent', replaced: Record<string, string | undefined> = {}) {
  const browser = createRobotBrowser();
  const asked = await askSignOn(world, clientId, replaced);
  const callback = await signOn(browser, asked.url, person);
  return { browser, asked, callback };
}

/** Redeems a code by hand, so that one parameter can be wrong. */
async function redeem(callback: URL, verifier: string, replaced: Record<string, string> = {}) {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_id: 'agent',
    client_secret: agentSecret,
    ...replaced,
  });
  const response = await fetch(`${world.issuer}/token`, { method: 'POST', body });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, string>,
  };
}

async function refresh(token: string | undefined, clientId = 'agent') {
  const server = await world.metadata();
  const client = { client_id: clientId, id_token_signed_response_alg: clientId === 'editor' ? 'ES256' : 'RS256' };
  const answer = await oauth.refreshTokenGrantRequest(
    server,
    client,
    clientAuthentication(clientId),
    token ?? '',
    loopback,
  );
  return oauth.processRefreshTokenResponse(server, client, answer);
}

verifies(
  ['SSO-01', 'SSO-02', 'SSO-03', 'DEL-03'],
  'a certified relying party signs a person on by code, PKCE, state, nonce and iss',
  async () => {
    const { asked, callback } = await signedOn();
    expect(callback.searchParams.get('iss')).toBe(world.issuer);
    expect(callback.searchParams.get('state')).toBe(asked.state);
    const { response, claims } = await redeemCallback(world, asked, callback);
    expect(claims).toMatchObject({
      iss: world.issuer,
      aud: 'agent',
      nonce: asked.nonce,
      acr: 'urn:crossgrant:acr:password',
      amr: ['pwd'],
    });
    expect(claims.sid).toMatch(/^[\w-]{40,}$/);
    expect(Math.abs((claims.auth_time ?? 0) - Date.now() / 1000)).toBeLessThan(30);
    expect(claims.exp - claims.iat).toBe(600);
    expect(claims.sub).toMatch(/^usr_/);
    expect(claims).toMatchObject({ name: 'Alice Ng', preferred_username: 'alice', email: 'Alice@acme.example' });
    expect(response.token_type).toBe('bearer');
  },
);

verifies('SSO-02', 'the algorithm of ID tokens is chosen per client', async () => {
  const agentRun = await signedOn();
  const editorRun = await signedOn('editor');
  const agentToken = (await redeemCallback(world, agentRun.asked, agentRun.callback)).response.id_token ?? '';
  const editorToken =
    (await redeemCallback(world, editorRun.asked, editorRun.callback, 'editor')).response.id_token ?? '';
  const algorithm = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg;
  expect([algorithm(agentToken), algorithm(editorToken)]).toEqual(['RS256', 'ES256']);
});

verifies('SSO-04', 'discovery is complete and says only what works', async () => {
  const metadata = await world.metadata();
  expect(metadata).toMatchObject({
    issuer: world.issuer,
    authorization_endpoint: `${world.issuer}/authorize`,
    token_endpoint: `${world.issuer}/token`,
    userinfo_endpoint: `${world.issuer}/userinfo`,
    end_session_endpoint: `${world.issuer}/logout`,
    jwks_uri: `${world.issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
  });
  expect(metadata.id_token_signing_alg_values_supported).toEqual(expect.arrayContaining(['RS256', 'ES256']));
  expect(metadata.registration_endpoint).toBeUndefined();
});

verifies('SSO-04', 'userinfo answers what the scopes name, and nothing without a token', async () => {
  const { asked, callback } = await signedOn();
  const { response, claims } = await redeemCallback(world, asked, callback);
  const server = await world.metadata();
  const answer = await oauth.userInfoRequest(server, { client_id: 'agent' }, response.access_token, loopback);
  const info = await oauth.processUserInfoResponse(server, { client_id: 'agent' }, claims.sub, answer);
  expect(info).toEqual({
    sub: claims.sub,
    preferred_username: 'alice',
    name: 'Alice Ng',
    email: 'Alice@acme.example',
    email_verified: true,
  });
  expect((await fetch(`${world.issuer}/userinfo`)).status).toBe(401);
});

verifies(['SSO-01', 'BCP-01'], 'a request without PKCE S256, or for another flow, gets no code', async () => {
  const cases: Record<string, string | undefined>[] = [
    { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
    { response_type: 'token' },
    { response_type: 'id_token', response_mode: 'fragment' },
    { response_type: 'code id_token', response_mode: 'fragment' },
  ];
  for (const replaced of cases) {
    const visit = await createRobotBrowser().visit((await askSignOn(world, 'agent', replaced)).url);
    if (visit.kind !== 'left') throw new Error(`a page for ${JSON.stringify(replaced)}`);
    const answer = new URLSearchParams(visit.url.search || visit.url.hash.slice(1));
    expect(['invalid_request', 'unsupported_response_type']).toContain(answer.get('error'));
    expect(answer.get('iss')).toBe(world.issuer);
    expect(answer.has('code')).toBe(false);
  }
  expect((await world.metadata()).response_types_supported).toEqual(['code']);
  const password = await fetch(`${world.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'password',
      client_id: 'agent',
      client_secret: agentSecret,
      username: 'alice',
      password: person.password,
    }),
  });
  expect([password.status, ((await password.json()) as { error: string }).error]).toEqual([
    400,
    'unsupported_grant_type',
  ]);
});

verifies(
  ['SSO-01', 'LES-23', 'LES-24'],
  'a code works once; its replay ends the tokens it gave, a replay without the proof ends nothing',
  async () => {
    const { asked, callback } = await signedOn();
    const first = await redeem(callback, asked.verifier);
    expect(first.status).toBe(200);

    const unproven = await redeem(callback, 'x'.repeat(43));
    expect([unproven.status, unproven.body.error]).toEqual([400, 'invalid_grant']);
    await expect(refresh(first.body.refresh_token)).resolves.toBeDefined();

    const replayed = await redeem(callback, asked.verifier);
    expect([replayed.status, replayed.body.error]).toEqual([400, 'invalid_grant']);
    expect(replayed.body.error_uri).toMatch(new RegExp(`^${world.issuer}/d/aud_`));
    await expect(refresh(first.body.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    const info = await fetch(`${world.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${first.body.access_token}` },
    });
    expect(info.status).toBe(401);
  },
);

verifies('SSO-01', 'a code is worth nothing after 60 seconds', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const { asked, callback } = await signedOn();
  const late = await signedOn();
  vi.setSystemTime(Date.now() + 58_000);
  expect((await redeem(callback, asked.verifier)).status).toBe(200);
  vi.setSystemTime(Date.now() + 3_000);
  expect((await redeem(late.callback, late.asked.verifier)).body.error).toBe('invalid_grant');
});

verifies('LES-22', 'a code is bound to its client, its redirect URI and its PKCE verifier', async () => {
  const run = await signedOn();
  const wrong: Record<string, string>[] = [
    { client_id: 'editor' },
    { redirect_uri: 'https://app.example/cb' },
    { code_verifier: 'y'.repeat(43) },
  ];
  for (const replaced of wrong) {
    const asClient = replaced.client_id === 'editor' ? { ...replaced, client_secret: '' } : replaced;
    const answer = await redeem(run.callback, run.asked.verifier, asClient);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
  }
  expect((await redeem(run.callback, run.asked.verifier)).status).toBe(200);
});

verifies(
  'SSO-02',
  'a refresh brings a new ID token that keeps sub, sid, nonce and the time of the sign-on',
  async () => {
    const { asked, callback } = await signedOn();
    const { response, claims } = await redeemCallback(world, asked, callback);
    const renewed = await refresh(response.refresh_token);
    const next = oauth.getValidatedIdTokenClaims(renewed);
    expect(next).toMatchObject({
      sub: claims.sub,
      sid: claims.sid,
      nonce: asked.nonce,
      auth_time: claims.auth_time,
      acr: claims.acr,
      amr: claims.amr,
    });
    expect(renewed.refresh_token).toBe(response.refresh_token);
  },
);

verifies(
  ['BCP-01', 'LES-24', 'RTK-04'],
  'refresh tokens of a public client rotate; reuse of an old one ends the family',
  async () => {
    const { asked, callback } = await signedOn('editor');
    const { response } = await redeemCallback(world, asked, callback, 'editor');
    const second = await refresh(response.refresh_token, 'editor');
    expect(second.refresh_token).not.toBe(response.refresh_token);
    const third = await refresh(second.refresh_token, 'editor');
    await expect(refresh(response.refresh_token, 'editor')).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(refresh(third.refresh_token, 'editor')).rejects.toMatchObject({ error: 'invalid_grant' });
  },
);

test('a client without refresh tokens gets none, whatever it asks', async () => {
  const own = await startSignOnWorld({
    clients: [{ clientId: 'agent', name: 'Agent', redirectUris: [redirectUri], secrets: [agentSecret] }],
  });
  const asked = await askSignOn(own, 'agent', { scope: 'openid offline_access', prompt: 'consent' });
  const { response } = await redeemCallback(own, asked, await signOn(createRobotBrowser(), asked.url, person));
  expect(response.refresh_token).toBeUndefined();
  await own.close();
});

test('the scopes and prompt the MCP Inspector sends end in a refresh token without a further page', async () => {
  const { browser, asked, callback } = await signedOn('agent', { scope: 'openid offline_access', prompt: 'consent' });
  const { response } = await redeemCallback(world, asked, callback);
  expect(response.refresh_token).toBeDefined();
  const again = await browser.visit(
    (await askSignOn(world, 'agent', { scope: 'openid offline_access', prompt: 'consent' })).url,
  );
  expect(again.kind).toBe('left');
});

verifies(
  ['LES-22', 'BCP-04'],
  'an access token of the sign-on opens userinfo alone and names no other resource',
  async () => {
    const { asked, callback } = await signedOn('agent', { resource: 'https://mcp.example/mcp' });
    const { response } = await redeemCallback(world, asked, callback);
    expect(response.access_token).not.toContain('.');
    expect(response.scope).toBe('openid profile email');
  },
);

verifies('BCP-06', 'the token endpoint answers no other origin', async () => {
  const { asked, callback } = await signedOn();
  const answer = await fetch(`${world.issuer}/token`, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: callback.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      code_verifier: asked.verifier,
      client_id: 'agent',
      client_secret: agentSecret,
    }),
  });
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
});

verifies('ATK-60', 'no token, code or password of all this is in the log', () => {
  const text = world.logLines.join('');
  expect(text).not.toMatch(/eyJ|correct horse|agent-secret/);
});

verifies('ATK-40', 'a public client that signs on has no token exchange', async () => {
  const answer = await fetch(`${world.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'editor',
      subject_token: 'x',
    }),
  });
  expect(answer.status).toBe(400);
});
