import { hash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateSigningKey, signJws } from '@crossgrant/protocol/jws';
import { verifies } from '@crossgrant/testkit';
import { signOnAsPerson } from '@crossgrant/world';
import { afterAll, beforeAll, expect } from 'vitest';
import { alice, startThreeServers, type ThreeServers } from '../../fixtures/three-servers.ts';

const key = generateSigningKey('ES256', 'k1');
const redirectUri = 'http://127.0.0.1:9/callback';
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const host = createServer((request, response) => {
  const clientId = `${origin()}${request.url}`;
  const document = {
    client_id: clientId,
    client_name: 'Agent of a document',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    ...(request.url === '/public.json'
      ? { token_endpoint_auth_method: 'none' }
      : { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } }),
  };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
});
const origin = (): string => `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
let servers: ThreeServers;
let url = '';
let publicUrl = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  url = `${origin()}/client.json`;
  publicUrl = `${origin()}/public.json`;
  servers = await startThreeServers({
    redirectUri,
    change: (world) => ({
      ...world,
      idp: { ...world.idp, clientMetadataDocuments: true, publicClients: true },
      policy: {
        ...world.policy,
        clientApps: [{ id: url }, { id: publicUrl }],
        connections: [url, publicUrl].map((client) => ({
          client,
          resourceApp: 'chat',
          scopes: ['chat.read'],
          state: 'approved',
        })),
        rules: [
          {
            id: 'engineering-may-chat',
            effect: 'allow',
            groups: ['engineering'],
            connections: [`${url}/chat`, `${publicUrl}/chat`],
          },
        ],
      },
      authserver: {
        ...world.authserver,
        clientMetadataDocuments: { domains: ['127.0.0.1'], publicClients: true },
        clients: [],
        trustedIssuers: [{ issuer: world.idp.issuer, clients: 'any', linking: 'jit' }],
      },
    }),
  });
});
afterAll(async () => {
  await servers.close();
  host.close();
});

function proofFor(issuer: string): Record<string, string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: url, sub: url, aud: issuer, jti: crypto.randomUUID(), iat: now, exp: now + 60 };
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: signJws(key, 'client-authentication+jwt', claims),
  };
}

async function post(issuer: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${issuer}/token`, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** Signs alice on at the client, and returns her ID token. */
async function signOnBy(clientId: string, credentials: Record<string, string>): Promise<string> {
  const { idp } = servers;
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  const callback = new URL(await signOnAsPerson({ authorizeUrl: `${idp}/authorize?${query}`, ...alice }));
  const code = callback.searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
  const signedOn = await post(idp, { ...form, ...credentials });
  expect(signedOn.status, JSON.stringify(signedOn.body)).toBe(200);
  return signedOn.body.id_token ?? '';
}

function exchangeOf(idToken: string): Record<string, string> {
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    audience: servers.authserver,
    resource: servers.resource,
    scope: 'chat.read',
    subject_token: idToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  };
}

function dpop(htu: string, signer = key, accessToken?: string): { dpop: string } {
  const ath = accessToken === undefined ? {} : { ath: hash('sha256', accessToken, 'base64url') };
  const claims = { jti: crypto.randomUUID(), htm: 'POST', htu, iat: Math.floor(Date.now() / 1000), ...ath };
  return { dpop: signJws(signer, 'dpop+jwt', claims, { jwk: signer.publicJwk }) };
}

verifies(
  ['CID-03', 'CID-08', 'CID-10', 'CAU-01', 'CAU-03'],
  'a client known by its URL alone signs a person on, exchanges and redeems with its key; no proof counts twice or elsewhere',
  async () => {
    const { idp, authserver, resource } = servers;
    const exchangeForm = exchangeOf(await signOnBy(url, proofFor(idp)));
    const once = proofFor(idp);
    const exchanged = await post(idp, { ...exchangeForm, ...once });
    expect(exchanged.status, JSON.stringify(exchanged.body)).toBe(200);
    expect(await post(idp, { ...exchangeForm, ...once })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });

    const redemption = {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: exchanged.body.access_token ?? '',
    };
    expect(await post(authserver, { ...redemption, ...proofFor(idp) })).toMatchObject({ status: 401 });
    const redeemed = await post(authserver, { ...redemption, ...proofFor(authserver) });
    expect(redeemed.status, JSON.stringify(redeemed.body)).toBe(200);
    expect(redeemed.body.scope).toBe('chat.read');

    const call = await fetch(resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${redeemed.body.access_token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
    });
    expect([401, 403]).not.toContain(call.status);
    for (const issuer of [idp, authserver]) {
      const metadata = (await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()) as object;
      expect(metadata).toMatchObject({ client_id_metadata_document_supported: true });
    }
  },
);

verifies(
  ['CAU-04', 'ATK-40'],
  'where public clients are let in, one reaches the resource with the key it proved at every step, and nobody without it',
  async () => {
    const { idp, authserver, resource } = servers;
    const named = { client_id: publicUrl };
    const exchangeForm = { ...exchangeOf(await signOnBy(publicUrl, named)), ...named };
    const refused = { status: 400, body: { error: 'unauthorized_client' } };
    expect(await post(idp, exchangeForm)).toMatchObject(refused);
    const exchanged = await post(idp, exchangeForm, dpop(`${idp}/token`));
    expect(exchanged.status, JSON.stringify(exchanged.body)).toBe(200);

    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', ...named };
    const redemption = { ...grant, assertion: exchanged.body.access_token ?? '' };
    const stranger = generateSigningKey('ES256');
    for (const headers of [{}, dpop(`${authserver}/token`, stranger)])
      expect(await post(authserver, redemption, headers)).toMatchObject({ body: { error: 'invalid_grant' } });
    const redeemed = await post(authserver, redemption, dpop(`${authserver}/token`));
    expect(redeemed, JSON.stringify(redeemed.body)).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });

    const token = redeemed.body.access_token ?? '';
    const call = async (signer = key): Promise<number> => {
      const response = await fetch(resource, {
        method: 'POST',
        headers: {
          authorization: `DPoP ${token}`,
          ...dpop(resource, signer, token),
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
      return response.status;
    };
    expect([401, 403]).not.toContain(await call());
    expect(await call(stranger)).toBe(401);
  },
);
