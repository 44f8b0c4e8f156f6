import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { clientSecretBasic, clientSecretPost, createCrossgrantClient } from '@crossgrant/client';
import { freePorts, verifies } from '@crossgrant/testkit';
import { signOnAsPerson } from '@crossgrant/world';
import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { commandScript, run, worldOf } from './world-files.ts';

/** Each test starts processes of its own; a busy machine takes its time. */
vi.setConfig({ testTimeout: 90_000 });

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const issuer = 'https://login.stranger.example';

describe("a stranger's IdP in front of our authorization server", () => {
  async function start(): Promise<{
    as: string;
    assert(claims?: object, header?: object): Promise<Response>;
    resource: string;
  }> {
    const [port = 0] = await freePorts(1);
    const as = `http://127.0.0.1:${port}`;
    const resource = 'https://mcp.chat.example/mcp';
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 's1', alg: 'ES256' };
    const world = worldOf(`
development: true
authserver:
  issuer: ${as}
  listen: 127.0.0.1:${port}
  database: ./data/as.db
  keyFile: ./data/as.key
  customers: [{ id: acme }, { id: globex }]
  clients:
    - { id: agent-at-chat, auth: { method: client_secret_basic, secret: sample-secret } }
  trustedIssuers:
    - issuer: ${issuer}
      keys: { jwks: { keys: [${JSON.stringify(jwk)}] } }
      tenant: { map: { t_acme: acme, t_globex: globex } }
      clients: [agent-at-chat]
      linking: jit
      defaultResource: ${resource}
  resources:
    - { identifier: ${resource}, scopes: [chat.read] }
`);
    await run(commandScript, ['as', '--world', world.file]).until(`${as} is ready.`);
    return {
      as,
      resource,
      async assert(claims = {}, header = {}) {
        const assertion = await new SignJWT({
          client_id: 'agent-at-chat',
          tenant: 't_acme',
          scope: 'chat.read',
          ...claims,
        })
          .setProtectedHeader({ alg: 'ES256', typ: 'oauth-id-jag+jwt', kid: 's1', ...header })
          .setIssuer(issuer)
          .setSubject('U1')
          .setAudience(as)
          .setJti(crypto.randomUUID())
          .setIssuedAt()
          .setExpirationTime('5m')
          .sign(privateKey);
        return fetch(`${as}/token`, {
          method: 'POST',
          headers: { authorization: `Basic ${btoa('agent-at-chat:sample-secret')}` },
          body: new URLSearchParams({ grant_type: jwtBearer, assertion }),
        });
      },
    };
  }

  verifies(
    ['RED-18', 'RED-30'],
    'its ID-JAG without resource redeems for the default resource, and two tenants are two people',
    async () => {
      const { as, resource, assert } = await start();
      const subjects: unknown[] = [];
      for (const tenant of ['t_acme', 't_globex', 't_acme']) {
        const response = await assert({ tenant });
        const body = (await response.json()) as { access_token: string; scope: string };
        expect(response.status, JSON.stringify(body)).toBe(200);
        const { payload } = await jwtVerify(body.access_token, createRemoteJWKSet(new URL(`${as}/jwks`)), {
          issuer: as,
          audience: resource,
          typ: 'at+jwt',
        });
        subjects.push(payload.sub);
      }
      expect(new Set(subjects).size).toBe(2);
      expect(subjects[0]).toBe(subjects[2]);
    },
  );

  test('what the file does not trust is refused', async () => {
    const { assert } = await start();
    for (const response of [
      await assert({ tenant: 't_other' }),
      await assert({ client_id: 'other' }),
      await assert({}, { typ: 'JWT' }),
    ]) {
      expect(response.status).toBe(400);
      await expect(response.json()).resolves.toMatchObject({ error: 'invalid_grant' });
    }
  });
});

describe("a stranger's authorization server behind our IdP", () => {
  test('it verifies our ID-JAG with the keys our metadata names, and the client SDK calls its API', async () => {
    const [idpPort = 0] = await freePorts(1);
    const idp = `http://127.0.0.1:${idpPort}`;
    const stranger = await startStranger(idp);
    const world = worldOf(`
development: true
idp:
  issuer: ${idp}
  listen: 127.0.0.1:${idpPort}
  database: ./data/idp.db
  keyFile: ./data/idp.key
  people: [{ username: alice, email: alice@acme.example, password: sample-password, groups: [engineering] }]
policy:
  clientApps:
    - { id: agent, redirectUris: [http://127.0.0.1/callback], auth: { method: client_secret_post, secret: sample-secret } }
  resourceApps:
    - { id: ledger, issuer: "${stranger.origin}", signingAlgorithm: RS256, subject: pairwise, resources: [{ identifier: "${stranger.origin}/api", scopes: { entries.read: { risk: read } } }] }
  connections:
    - { client: agent, resourceApp: ledger, resourceClientId: acme-agent, scopes: [entries.read] }
  rules:
    - { id: engineering-may, groups: [engineering], connections: [agent/ledger], effect: allow }
`);
    await run(commandScript, ['idp', '--world', world.file]).until('is ready.');

    const client = createCrossgrantClient({
      development: true,
      idp: { issuer: idp, clientId: 'agent', auth: clientSecretPost('sample-secret') },
      resourceServers: { [stranger.origin]: { clientId: 'acme-agent', auth: clientSecretBasic('stranger-secret') } },
    });
    const { url, pending } = await client.beginSignOn({ redirectUri: 'http://127.0.0.1/callback' });
    const session = await client.finishSignOn(
      pending,
      await signOnAsPerson({ authorizeUrl: url, username: 'alice', password: 'sample-password' }),
    );
    const response = await client.fetch(session.id, `${stranger.origin}/api`);
    expect(response.status).toBe(200);
    await expect(response.json()).resolves.toEqual({ entries: 2 });
    expect(stranger.accepted).toHaveLength(1);
    expect(stranger.accepted[0]).toMatchObject({
      iss: idp,
      aud: stranger.origin,
      client_id: 'acme-agent',
      scope: 'entries.read',
      resource: `${stranger.origin}/api`,
    });
    expect(stranger.accepted[0]?.sub).not.toBe(decodeJwt(session.idToken ?? '').sub);
  });
});

interface Stranger {
  readonly origin: string;
  readonly accepted: { sub?: string; [claim: string]: unknown }[];
}

/** A resource authorization server and its API in a few lines, on jose alone. */
async function startStranger(idp: string): Promise<Stranger> {
  const accepted: Stranger['accepted'] = [];
  let origin = '';
  const answer = (res: ServerResponse, status: number, body: unknown, headers = {}): void =>
    void res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const token = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    let form = '';
    for await (const chunk of req) form += chunk;
    const metadata = (await (await fetch(`${idp}/.well-known/oauth-authorization-server`)).json()) as {
      jwks_uri: string;
    };
    const { payload } = await jwtVerify(
      new URLSearchParams(form).get('assertion') ?? '',
      createRemoteJWKSet(new URL(metadata.jwks_uri)),
      {
        issuer: idp,
        audience: origin,
        typ: 'oauth-id-jag+jwt',
        algorithms: ['RS256'],
        requiredClaims: ['jti', 'exp', 'client_id'],
      },
    );
    accepted.push(payload);
    answer(res, 200, { access_token: 'opaque-1', token_type: 'Bearer', expires_in: 60, scope: payload.scope });
  };
  const server: Server = createServer((req, res) => {
    const path = req.url ?? '';
    if (path === '/.well-known/oauth-authorization-server') {
      answer(res, 200, {
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        response_types_supported: ['code'],
        grant_types_supported: [jwtBearer],
        authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
        token_endpoint_auth_methods_supported: ['client_secret_basic'],
      });
    } else if (path === '/.well-known/oauth-protected-resource/api') {
      answer(res, 200, {
        resource: `${origin}/api`,
        authorization_servers: [origin],
        scopes_supported: ['entries.read'],
      });
    } else if (path === '/token') {
      token(req, res).catch((error: Error) =>
        answer(res, 400, { error: 'invalid_grant', error_description: error.message }),
      );
    } else if (path === '/api' && req.headers.authorization === 'Bearer opaque-1') answer(res, 200, { entries: 2 });
    else
      answer(
        res,
        401,
        {},
        { 'www-authenticate': `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/api"` },
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  origin = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return { accepted, origin };
}
