import { createServer, type Server } from 'node:http';
import { freePorts } from '@crossgrant/testkit';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rasSecret, startThreeServers, type ThreeServers } from '../fixtures/three-servers.ts';

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const strangerSecret = 'stranger-agent-secret-0123456789';

let servers: ThreeServers;
let stranger: { issuer: string; server: Server };

beforeAll(async () => {
  stranger = await startStranger();
  servers = await startThreeServers({
    change: (world) => ({
      ...world,
      authserver: {
        ...world.authserver,
        trustedIssuers: [
          ...world.authserver.trustedIssuers,
          { issuer: stranger.issuer, keys: 'discovery', clients: ['agent-at-chat'], linking: 'jit' },
        ],
      },
    }),
  });
});
afterAll(async () => {
  await servers?.close();
  await new Promise((resolve) => stranger?.server.close(resolve));
});

test('an IdP made of oidc-provider with a custom grant is accepted by our authorization server', async () => {
  const idJag = await exchangeAtStranger({
    audience: servers.authserver,
    resource: servers.resource,
    scope: 'chat.read chat.history',
  });
  const redeemed = await redeem(idJag);
  expect(redeemed.status).toBe(200);
  expect(redeemed.body).toMatchObject({
    token_type: 'Bearer',
    scope: 'chat.read chat.history',
    resource: servers.resource,
  });
});

test('the same ID-JAG a second time is refused, and one for somebody else as well', async () => {
  const idJag = await exchangeAtStranger({
    audience: servers.authserver,
    resource: servers.resource,
    scope: 'chat.read',
  });
  expect((await redeem(idJag)).status).toBe(200);
  expect((await redeem(idJag)).body).toMatchObject({ error: 'invalid_grant' });
  const foreign = await exchangeAtStranger({
    audience: 'https://elsewhere.example',
    resource: servers.resource,
    scope: 'chat.read',
  });
  expect((await redeem(foreign)).body).toMatchObject({ error: 'invalid_grant' });
});

async function redeem(assertion: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${servers.authserver}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`agent-at-chat:${rasSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }),
  });
  return { status: response.status, body: await response.json() };
}

async function exchangeAtStranger(request: Record<string, string>): Promise<string> {
  const response = await fetch(`${stranger.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: tokenExchange,
      client_id: 'agent-elsewhere',
      client_secret: strangerSecret,
      ...request,
    }),
  });
  const body = (await response.json()) as { access_token: string };
  expect(response.status).toBe(200);
  return body.access_token;
}

/** A complete second IdP: keys, discovery and token endpoint of oidc-provider, and a grant of a dozen lines that mints ID-JAGs. */
async function startStranger(): Promise<{ issuer: string; server: Server }> {
  const [port] = await freePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: 'stranger-1', alg: 'RS256', use: 'sig' };
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk as never] },
    clients: [
      {
        client_id: 'agent-elsewhere',
        client_secret: strangerSecret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: [tokenExchange],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: { devInteractions: { enabled: false } },
  });
  provider.registerGrantType(
    tokenExchange,
    async (context: KoaContextWithOIDC) => {
      const { audience, resource, scope } = context.oidc.params as Record<string, string>;
      const now = Math.floor(Date.now() / 1000);
      const claims = { client_id: 'agent-at-chat', resource, scope, auth_time: now - 60 };
      const access_token = await new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'oauth-id-jag+jwt', kid: 'stranger-1' })
        .setIssuer(issuer)
        .setSubject('stranger-ada')
        .setAudience(audience ?? '')
        .setJti(crypto.randomUUID())
        .setIssuedAt(now)
        .setExpirationTime(now + 300)
        .sign(privateKey);
      context.body = {
        issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
        access_token,
        token_type: 'N_A',
        expires_in: 300,
      };
    },
    ['audience', 'resource', 'scope'],
  );
  const server = createServer(provider.callback());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { issuer, server };
}
