import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { grantTypes, tokenTypes, typs } from '@crossgrant/protocol';
import { exportPrivateJwk, generateSigningKey, importSigningKey } from '@crossgrant/protocol/jws';
import { createLocalJWKSet, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';
import {
  type ContenderStart,
  clientSecret,
  resource,
  resourceServerIssuer,
  scope,
  strangerIssuer,
  type Target,
} from '../scenario.ts';
import { runContender } from './contender.ts';

const issuer = 'http://127.0.0.1:9';
const clientId = 'agent';

/**
 * oidc-provider with the grant registered as its documentation shows: its own client authentication and parameter checks,
 * then jose for the signatures. Nothing is stored and nothing audited.
 */
await runContender(async (start) => {
  const isExchange = start.scenario.path === 'exchange';
  const own = generateSigningKey(start.scenario.received);
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        ...(start.scenario.clientAuth === 'private_key_jwt'
          ? { jwks: start.clientJwks, token_endpoint_auth_signing_alg: 'ES256' }
          : { client_secret: clientSecret }),
        redirect_uris: [],
        response_types: [],
        grant_types: [isExchange ? grantTypes.tokenExchange : grantTypes.jwtBearer],
        token_endpoint_auth_method: start.scenario.clientAuth,
      },
    ],
    jwks: { keys: [exportPrivateJwk(generateSigningKey('RS256')) as unknown as JWK] },
    features: { devInteractions: { enabled: false } },
  } as ConstructorParameters<typeof Provider>[1]);
  if (isExchange) await registerExchange(provider, start, own.publicJwk as JWK);
  else await registerRedemption(provider, start);

  const server = provider.listen(0, '127.0.0.1') as Server;
  await new Promise((resolve) => server.once('listening', resolve));
  const target: Target = {
    port: (server.address() as AddressInfo).port,
    clientId,
    clientSecret,
    serverIssuer: issuer,
    audience: isExchange ? resourceServerIssuer : issuer,
    issuer: isExchange ? issuer : strangerIssuer,
    tokenKey: isExchange ? exportPrivateJwk(own) : start.issuerKey,
    people: Array.from({ length: 100 }, (_, index) => ({ sub: `usr_${index}`, sid: `sid-${index}` })),
  };
  return { ...target, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
});

async function registerExchange(provider: Provider, { scenario }: ContenderStart, publicJwk: JWK): Promise<void> {
  const keys = createLocalJWKSet({ keys: [publicJwk] });
  const sign = await signerOf(scenario.issued, typs.idJag);
  const parameters = ['audience', 'resource', 'scope', 'requested_token_type', 'subject_token', 'subject_token_type'];
  provider.registerGrantType(
    grantTypes.tokenExchange,
    async (ctx: KoaContextWithOIDC) => {
      const { params, client } = ctx.oidc;
      const { payload } = await verified(
        jwtVerify(String(params?.subject_token), keys, { issuer, audience: clientId }),
      );
      ctx.body = {
        access_token: await sign({
          sub: payload.sub,
          aud: String(params?.audience),
          client_id: client?.clientId,
          auth_time: payload.auth_time,
          resource: params?.resource,
          scope: params?.scope,
        }),
        issued_token_type: tokenTypes.idJag,
        token_type: 'N_A',
        expires_in: 300,
        scope: params?.scope,
        resource: params?.resource,
      };
    },
    parameters,
    [],
  );
}

async function registerRedemption(provider: Provider, { scenario, issuerKey }: ContenderStart): Promise<void> {
  const keys = createLocalJWKSet({ keys: [importSigningKey(issuerKey).publicJwk as JWK] });
  const sign = await signerOf(scenario.issued, typs.accessToken);
  const expected = { issuer: strangerIssuer, audience: issuer, typ: typs.idJag };
  provider.registerGrantType(
    grantTypes.jwtBearer,
    async (ctx: KoaContextWithOIDC) => {
      const { params, client } = ctx.oidc;
      const { payload } = await verified(jwtVerify(String(params?.assertion), keys, expected));
      if (payload.client_id !== client?.clientId) throw new errors.InvalidGrant('another client');
      ctx.body = {
        access_token: await sign({ sub: payload.sub, aud: resource, client_id: client?.clientId, scope }),
        token_type: 'Bearer',
        expires_in: 300,
        scope,
        resource,
      };
    },
    ['assertion', 'scope', 'resource'],
    [],
  );
}

async function verified<T>(verification: Promise<T>): Promise<T> {
  return verification.catch(() => {
    throw new errors.InvalidGrant('the token does not verify');
  });
}

async function signerOf(
  alg: 'ES256' | 'RS256',
  typ: string,
): Promise<(claims: Record<string, unknown>) => Promise<string>> {
  const key = generateSigningKey(alg);
  const privateKey = await importJWK(exportPrivateJwk(key) as unknown as JWK, alg);
  return (claims) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg, typ, kid: key.kid })
      .setIssuer(issuer)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('300s')
      .sign(privateKey);
}
