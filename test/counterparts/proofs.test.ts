import { signOnAsPerson } from '@crossgrant/world';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alice, idpSecret, rasSecret, startThreeServers, type ThreeServers } from '../fixtures/three-servers.ts';

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const idJag = 'urn:ietf:params:oauth:token-type:id-jag';
const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
const insecure = { [oauth.allowInsecureRequests]: true } as const;

type Algorithm = 'ES256' | 'PS256' | 'Ed25519';

/** How the client proves itself, and whether it binds what it gets to a key. */
interface Proofs {
  readonly name: string;
  readonly key?: Algorithm;
  readonly bindsWith?: Algorithm;
}

const proofs: readonly Proofs[] = [
  { name: 'private_key_jwt with ES256', key: 'ES256' },
  { name: 'private_key_jwt with PS256', key: 'PS256' },
  { name: 'private_key_jwt with Ed25519', key: 'Ed25519' },
  { name: 'a secret and DPoP', bindsWith: 'ES256' },
  { name: 'private_key_jwt and DPoP', key: 'ES256', bindsWith: 'ES256' },
  { name: 'private_key_jwt and DPoP with Ed25519', key: 'Ed25519', bindsWith: 'Ed25519' },
];

interface Keys {
  readonly client?: oauth.PrivateKey;
  readonly binding?: oauth.CryptoKeyPair;
}

/** What a client library does against our servers, from sign-on to the access token and one call with it. */
interface Library {
  readonly name: string;
  run(servers: ThreeServers, keys: Keys): Promise<{ grant: string; token: string; tokenType: string; call: Response }>;
}

const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
const callHeaders = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

const withOpenidClient: Library = {
  name: 'openid-client',
  async run(servers, keys) {
    const execute = [openid.allowInsecureRequests];
    const auth = (secret: string) =>
      keys.client === undefined ? openid.ClientSecretBasic(secret) : openid.PrivateKeyJwt(keys.client);
    const idp = await openid.discovery(new URL(servers.idp), 'agent', undefined, auth(idpSecret), { execute });
    const ras = await openid.discovery(new URL(servers.authserver), 'agent-at-chat', undefined, auth(rasSecret), {
      execute,
      algorithm: 'oauth2',
    });
    const bound = (config: openid.Configuration) =>
      keys.binding === undefined ? {} : { DPoP: openid.getDPoPHandle(config, keys.binding) };

    const verifier = openid.randomPKCECodeVerifier();
    const url = openid.buildAuthorizationUrl(idp, {
      redirect_uri: servers.redirectUri,
      scope: 'openid offline_access',
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const callback = new URL(await signOnAsPerson({ authorizeUrl: url.href, ...alice }));
    const signedOn = await openid.authorizationCodeGrant(idp, callback, { pkceCodeVerifier: verifier });
    const renewed = await openid.refreshTokenGrant(idp, signedOn.refresh_token ?? '');

    const parameters = {
      requested_token_type: idJag,
      audience: servers.authserver,
      resource: servers.resource,
      scope: 'chat.read',
      subject_token: renewed.id_token ?? '',
      subject_token_type: idTokenType,
    };
    const granted = await openid.genericGrantRequest(idp, tokenExchange, parameters, bound(idp));
    const rasBinding = bound(ras);
    const assertion = { assertion: granted.access_token };
    const access = await openid.genericGrantRequest(ras, jwtBearer, assertion, rasBinding);
    const call = await openid.fetchProtectedResource(
      ras,
      access.access_token,
      new URL(servers.resource),
      'POST',
      ping,
      new Headers(callHeaders),
      rasBinding,
    );
    return { grant: granted.access_token, token: access.access_token, tokenType: access.token_type, call };
  },
};

const withOauth4webapi: Library = {
  name: 'oauth4webapi',
  async run(servers, keys) {
    const auth = (secret: string): oauth.ClientAuth =>
      keys.client === undefined ? oauth.ClientSecretPost(secret) : oauth.PrivateKeyJwt(keys.client);
    const atIdp: oauth.Client = { client_id: 'agent' };
    const atRas: oauth.Client = { client_id: 'agent-at-chat' };
    const [idp, ras] = [await metadata(servers.idp), await metadata(servers.authserver)];
    const bound = (client: oauth.Client) =>
      keys.binding === undefined ? insecure : { ...insecure, DPoP: oauth.DPoP(client, keys.binding) };

    const signedOn = await signOn(servers, idp, atIdp, auth(idpSecret));
    const parameters = {
      requested_token_type: idJag,
      audience: servers.authserver,
      resource: servers.resource,
      scope: 'chat.read',
      subject_token: signedOn.id_token ?? '',
      subject_token_type: idTokenType,
    };
    const exchange = await oauth.genericTokenEndpointRequest(
      idp,
      atIdp,
      auth(idpSecret),
      tokenExchange,
      parameters,
      bound(atIdp),
    );
    const granted = await oauth.processGenericTokenEndpointResponse(idp, atIdp, exchange, {
      recognizedTokenTypes: { n_a: () => {} },
    });
    const binding = bound(atRas);
    const assertion = { assertion: granted.access_token };
    const redemption = await oauth.genericTokenEndpointRequest(
      ras,
      atRas,
      auth(rasSecret),
      jwtBearer,
      assertion,
      binding,
    );
    const access = await oauth.processGenericTokenEndpointResponse(ras, atRas, redemption);
    const call = await oauth.protectedResourceRequest(
      access.access_token,
      'POST',
      new URL(servers.resource),
      new Headers(callHeaders),
      ping,
      binding,
    );
    return { grant: granted.access_token, token: access.access_token, tokenType: access.token_type, call };
  },
};

async function signOn(
  servers: ThreeServers,
  idp: oauth.AuthorizationServer,
  client: oauth.Client,
  auth: oauth.ClientAuth,
): Promise<oauth.TokenEndpointResponse> {
  const verifier = oauth.generateRandomCodeVerifier();
  const url = new URL(idp.authorization_endpoint ?? '');
  const query = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: servers.redirectUri,
    scope: 'openid',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const callback = new URL(await signOnAsPerson({ authorizeUrl: url.href, ...alice }));
  const parameters = oauth.validateAuthResponse(idp, client, callback, oauth.expectNoState);
  const { redirectUri } = servers;
  const response = await oauth.authorizationCodeGrantRequest(
    idp,
    client,
    auth,
    parameters,
    redirectUri,
    verifier,
    insecure,
  );
  return oauth.processAuthorizationCodeResponse(idp, client, response, { requireIdToken: true });
}

async function metadata(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure }));
}

async function keyAuth(alg: Algorithm): Promise<{ key: oauth.PrivateKey; auth: object }> {
  const { privateKey, publicKey } = await oauth.generateKeyPair(alg, { extractable: true });
  const jwk = await crypto.subtle.exportKey('jwk', publicKey);
  const { kty, crv, x, y, n, e } = jwk;
  const named = { kty, crv, x, y, n, e, kid: 'client-key', alg, use: 'sig' };
  return { key: { key: privateKey, kid: 'client-key' }, auth: { method: 'private_key_jwt', jwks: { keys: [named] } } };
}

function confirmationOf(token: string): unknown {
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { cnf?: unknown };
  return payload.cnf;
}

describe.each(proofs)('foreign clients with $name', ({ key, bindsWith }) => {
  let servers: ThreeServers;
  let client: oauth.PrivateKey | undefined;
  let binding: oauth.CryptoKeyPair | undefined;

  beforeAll(async () => {
    const registered = key === undefined ? undefined : await keyAuth(key);
    client = registered?.key;
    binding = bindsWith === undefined ? undefined : await oauth.generateKeyPair(bindsWith);
    servers = await startThreeServers({
      change(world) {
        const [app] = world.policy.clientApps;
        const [resourceClient] = world.authserver.clients;
        if (registered === undefined) return world;
        Object.assign(app ?? {}, { auth: registered.auth });
        Object.assign(resourceClient ?? {}, { auth: registered.auth });
        return world;
      },
    });
  });
  afterAll(() => servers?.close());

  test.each([withOpenidClient, withOauth4webapi])(
    '$name signs on, exchanges, redeems and calls the resource',
    async (library) => {
      const { grant, token, tokenType, call } = await library.run(servers, { client, binding });
      expect(tokenType.toLowerCase()).toBe(binding === undefined ? 'bearer' : 'dpop');
      for (const each of [grant, token])
        expect(confirmationOf(each)).toEqual(binding === undefined ? undefined : { jkt: expect.any(String) });
      expect([call.status, await call.text()]).toEqual([200, expect.stringContaining('"result"')]);
      if (binding === undefined) return;
      const headers = { ...callHeaders, authorization: `Bearer ${token}` };
      const stolen = await fetch(servers.resource, { method: 'POST', headers, body: ping });
      expect(stolen.status).toBe(401);
    },
    60_000,
  );
});
