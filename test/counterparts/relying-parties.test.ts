import { signOnAsPerson } from '@crossgrant/world';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alice, idpSecret, rasSecret, startThreeServers, type ThreeServers } from '../fixtures/three-servers.ts';

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const idJag = 'urn:ietf:params:oauth:token-type:id-jag';
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
const insecure = { [oauth.allowInsecureRequests]: true } as const;

let servers: ThreeServers;
beforeAll(async () => {
  servers = await startThreeServers();
});
afterAll(() => servers?.close());

test('openid-client signs on, refreshes with a new ID token, and exchanges', async () => {
  const config = await openid.discovery(new URL(servers.idp), 'agent', undefined, openid.ClientSecretBasic(idpSecret), {
    execute: [openid.allowInsecureRequests],
  });
  const verifier = openid.randomPKCECodeVerifier();
  const nonce = openid.randomNonce();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: servers.redirectUri,
    scope: 'openid email offline_access',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    nonce,
  });
  const callback = await signOnAsPerson({ authorizeUrl: url.href, ...alice });
  const tokens = await openid.authorizationCodeGrant(config, new URL(callback), {
    pkceCodeVerifier: verifier,
    expectedNonce: nonce,
  });
  const claims = tokens.claims();
  expect(claims?.auth_time).toBeTypeOf('number');
  expect(claims?.sid).toBeTypeOf('string');
  const person = await openid.fetchUserInfo(config, tokens.access_token, claims?.sub ?? '');
  expect(person.email).toBe('alice@acme.example');

  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
  expect(refreshed.claims()?.sub).toBe(claims?.sub);
  expect(refreshed.claims()?.auth_time).toBe(claims?.auth_time);

  const exchanged = await openid.genericGrantRequest(config, tokenExchange, {
    requested_token_type: idJag,
    audience: servers.authserver,
    resource: servers.resource,
    scope: 'chat.read',
    subject_token: refreshed.id_token ?? '',
    subject_token_type: idTokenType,
  });
  expect(exchanged).toMatchObject({ issued_token_type: idJag, scope: 'chat.read', resource: servers.resource });
  expect(exchanged.refresh_token).toBeUndefined();
});

test('oauth4webapi signs on, exchanges at the IdP and redeems at the authorization server', async () => {
  const idp = await metadata(servers.idp);
  const client: oauth.Client = { client_id: 'agent' };
  const verifier = oauth.generateRandomCodeVerifier();
  const nonce = oauth.generateRandomNonce();
  const url = new URL(idp.authorization_endpoint ?? '');
  const query = {
    client_id: 'agent',
    response_type: 'code',
    redirect_uri: servers.redirectUri,
    scope: 'openid',
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const callback = new URL(await signOnAsPerson({ authorizeUrl: url.href, ...alice }));
  const parameters = oauth.validateAuthResponse(idp, client, callback, oauth.expectNoState);
  const auth = oauth.ClientSecretPost(idpSecret);
  const codeResponse = await oauth.authorizationCodeGrantRequest(
    idp,
    client,
    auth,
    parameters,
    servers.redirectUri,
    verifier,
    insecure,
  );
  const signedOn = await oauth.processAuthorizationCodeResponse(idp, client, codeResponse, {
    expectedNonce: nonce,
    requireIdToken: true,
  });

  const exchange = await oauth.genericTokenEndpointRequest(
    idp,
    client,
    auth,
    tokenExchange,
    {
      requested_token_type: idJag,
      audience: servers.authserver,
      resource: servers.resource,
      subject_token: signedOn.id_token ?? '',
      subject_token_type: idTokenType,
    },
    insecure,
  );
  const granted = await oauth.processGenericTokenEndpointResponse(idp, client, exchange, {
    recognizedTokenTypes: { n_a: () => {} },
  });
  expect(granted.token_type).toBe('n_a');
  expect(granted.expires_in).toBe(300);

  const ras = await metadata(servers.authserver);
  const resourceClient: oauth.Client = { client_id: 'agent-at-chat' };
  const redemption = await oauth.genericTokenEndpointRequest(
    ras,
    resourceClient,
    oauth.ClientSecretBasic(rasSecret),
    jwtBearer,
    {
      assertion: granted.access_token,
    },
    insecure,
  );
  const access = await oauth.processGenericTokenEndpointResponse(ras, resourceClient, redemption);
  expect(access).toMatchObject({ token_type: 'bearer', resource: servers.resource });
  expect(access.refresh_token).toBeUndefined();
});

async function metadata(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }));
}
