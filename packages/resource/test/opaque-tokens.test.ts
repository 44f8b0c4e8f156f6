import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatBasic } from '@crossgrant/protocol';
import { freePorts, freshDatabaseUrl, verifies } from '@crossgrant/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nodeAuthorizationServer, protectNode } from '../src/adapters/node.ts';
import { createAuthorizationServer, createResourceServer, type ResourceStore } from '../src/index.ts';
import { isOpaqueToken, newOpaqueToken, opaqueTokenHash } from '../src/redemption/opaque-token.ts';
import { createMemoryResourceStore } from '../src/store/memory.ts';
import { openPostgresStore } from '../src/store/postgres.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { redeemed } from './expect-refusal.ts';
import {
  bodyOf,
  clientId,
  clientSecret,
  createWorld,
  formRequest,
  idJag,
  idp,
  mcpResource,
  nowSeconds,
  otherResource,
  payloadOf,
  tokenRequest,
  vectors,
  type World,
} from './support.ts';

const mcpServer = formatBasic(mcpResource, 'rs-mcp.chat.example');
const opaque = { resource: { accessTokens: 'opaque' } } as const;
const inactive = { active: false };

async function ask(world: World, token: string, authorization = mcpServer): Promise<Record<string, unknown>> {
  return bodyOf(
    await world.server.introspect(formRequest('/introspect', { token }, [['authorization', authorization]])),
  );
}

test('an opaque token is 256 random bits and no other text is taken for one', () => {
  const tokens = Array.from({ length: 50 }, newOpaqueToken);
  expect(new Set(tokens).size).toBe(50);
  expect(tokens.every((token) => isOpaqueToken(token) && Buffer.from(token.slice(5), 'base64url').length === 32)).toBe(
    true,
  );
  for (const other of [
    '',
    'cgat_',
    tokens[0]?.slice(0, -1),
    `${tokens[0]}A`,
    ` ${tokens[0]}`,
    `${tokens[0]}\n`,
    tokens[0]?.toUpperCase(),
  ])
    expect(isOpaqueToken(other ?? '')).toBe(false);
});

verifies(['RSV-06', 'RED-27'], 'introspection of an opaque token says what a signed one would hold', async () => {
  const claims = { act: { sub: 'robot' }, acr: 'phr' };
  const signed = await redeemed(createWorld(), idJag(claims));
  const world = createWorld(opaque);
  const answer = await redeemed(world, idJag(claims));
  expect(isOpaqueToken(String(answer.access_token))).toBe(true);
  expect(answer).toEqual({ ...signed, access_token: answer.access_token });

  const said = await ask(world, String(answer.access_token));
  const held = payloadOf(signed.access_token);
  expect(said).toEqual({ ...held, sub: said.sub, jti: said.jti, active: true, token_type: 'Bearer', nbf: held.iat });
  expect([typeof said.sub, typeof said.jti]).toEqual(['string', 'string']);
});

verifies(
  ['RSV-06', 'REV-01', 'REV-02'],
  'an opaque token ends by expiry and by revocation, and is none at another resource',
  async () => {
    const world = createWorld(opaque);
    const token = String((await redeemed(world, idJag())).access_token);
    expect(await ask(world, token, formatBasic(otherResource, 'rs-files.chat.example'))).toEqual(inactive);
    for (const other of [
      `${token}A`,
      token.slice(0, -1),
      token.toUpperCase(),
      opaqueTokenHash(token),
      newOpaqueToken(),
    ])
      expect(await ask(world, other)).toEqual(inactive);
    world.at(600);
    expect(await ask(world, token)).toEqual(inactive);
    world.at(0);
    expect(await ask(world, token)).toMatchObject({ active: true });

    const revoke = { token };
    const client = formatBasic(clientId, clientSecret);
    expect((await world.server.revoke(formRequest('/revoke', revoke, [['authorization', client]]))).status).toBe(200);
    expect(await ask(world, token)).toEqual(inactive);
  },
);

verifies('RED-26', 'a replayed ID-JAG yields no second opaque token', async () => {
  const world = createWorld(opaque);
  const assertion = idJag();
  await redeemed(world, assertion);
  expect((await world.server.token(tokenRequest(assertion))).status).toBe(400);
});

test('opaque tokens without introspection would open nothing: a misuse', async () => {
  const options = {
    issuer: 'https://as.example',
    store: createMemoryResourceStore(),
    trustedIssuers: [],
    clients: [],
    resources: [{ identifier: mcpResource, scopes: ['a'], accessTokens: 'opaque' as const }],
  };
  await expect(createAuthorizationServer(options)).rejects.toMatchObject({ code: 'resource/opaque' });
});

const engines: Readonly<Record<string, () => Promise<{ store: ResourceStore; text?: () => string }>>> = {
  memory: async () => ({ store: createMemoryResourceStore() }),
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'crossgrant-opaque-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return { store: await openSqliteStore({ file: join(folder, 'as.db') }) };
  },
  postgres: async () => ({
    store: await openPostgresStore({ url: await freshDatabaseUrl(process.env.CROSSGRANT_TEST_POSTGRES ?? '') }),
  }),
};

describe.each(Object.entries(engines))('over HTTP, on %s', (_name, open) => {
  verifies(
    'RSV-06',
    'the gate asks, remembers a yes for at most the time it was given, and sees a revocation then',
    async () => {
      const { store } = await open();
      const [asPort, apiPort] = await freePorts(2);
      const [issuer, resource] = [`http://127.0.0.1:${asPort}`, `http://127.0.0.1:${apiPort}/mcp`];
      let now = nowSeconds * 1000;
      let asked = 0;
      const server = await createAuthorizationServer({
        issuer,
        store,
        clock: () => now,
        signingKey: vectors.private_keys.ras as never,
        trustedIssuers: [{ issuer: idp, keys: { jwks: vectors.jwks.idp }, clients: 'any', linking: 'jit' }],
        clients: [{ id: clientId, auth: { secret: clientSecret } }],
        resources: [
          { identifier: resource, scopes: ['chat.read'], accessTokens: 'opaque', introspectionSecret: 'rs-secret' },
        ],
        development: true,
      });
      const mounted = nodeAuthorizationServer(server);
      const gate = createResourceServer({
        resource,
        authorizationServer: issuer,
        scopesSupported: ['chat.read'],
        introspection: { endpoint: `${issuer}/introspect`, secret: 'rs-secret', cacheSeconds: 30 },
        clock: () => now,
        development: true,
      });
      const servers = [
        createServer((req, res) => {
          asked += req.url === '/introspect' ? 1 : 0;
          mounted(req, res, () => void res.writeHead(500).end());
        }).listen(asPort, '127.0.0.1'),
        createServer(protectNode(gate, (_req, res, auth) => res.end(auth.subject))).listen(apiPort, '127.0.0.1'),
      ];
      onTestFinished(async () => {
        for (const each of servers) each.close();
        await server.close();
        await store.close();
      });

      const body = tokenRequest(idJag({ aud: issuer, resource, scope: 'chat.read' })).body;
      const headers = {
        authorization: formatBasic(clientId, clientSecret),
        'content-type': 'application/x-www-form-urlencoded',
      };
      const granted = (await (await fetch(`${issuer}/token`, { method: 'POST', headers, body })).json()) as {
        access_token: string;
      };
      const call = (token = granted.access_token) => fetch(resource, { headers: { authorization: `Bearer ${token}` } });

      expect(await (await call()).text()).toMatch(/^acc/);
      expect((await call()).status).toBe(200);
      expect(asked).toBe(1);
      expect((await call(newOpaqueToken())).status).toBe(401);
      const revoked = await fetch(`${issuer}/revoke`, {
        method: 'POST',
        headers,
        body: `token=${granted.access_token}`,
      });
      expect(revoked.status).toBe(200);
      now += 29_999;
      expect((await call()).status).toBe(200);
      now += 1;
      expect((await call()).status).toBe(401);
      expect(JSON.stringify(await store.findOpaqueToken(opaqueTokenHash(granted.access_token)))).not.toContain(
        granted.access_token,
      );
    },
  );
});
